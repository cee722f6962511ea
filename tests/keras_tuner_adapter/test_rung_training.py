"""A stock tuner under a strategy with rungs."""

from __future__ import annotations

import dataclasses

import keras
import pytest

from tests.keras_tuner_adapter import legacy_tuner, stock_tuners
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import training_state
from tuner_component.keras_tuner_adapter import rung_training
from tuner_component.keras_tuner_adapter.stock_evaluation import make_evaluator
from tuner_component.trial import Fidelity

MODULE = "tests.keras_tuner_adapter.stock_tuners:load"
MOST = 5


@pytest.fixture(autouse=True)
def _momentum(monkeypatch, tmp_path):
    """The optimiser has a state, and the order of the data is always the same."""
    kwargs = stock_tuners.fit_kwargs
    monkeypatch.setattr(
        stock_tuners, "fit_kwargs", lambda **more: kwargs(**{**more, "shuffle": False})
    )
    sgd = keras.optimizers.SGD
    monkeypatch.setattr(keras.optimizers, "SGD", lambda rate: sgd(rate, momentum=0.9))
    stock_tuners.CALLS.clear()
    monkeypatch.chdir(tmp_path)


def run(name, folder, epochs, attempt=0, module=MODULE):
    """Returns the outcome and the epochs that were trained for it."""
    values = {"units": 4, "rate": 0.01}
    job = Job("0000", values, 3, attempt, str(folder), "val_loss", "min")
    job = dataclasses.replace(job, fidelity=Fidelity("epochs", epochs, MOST))
    seen = []
    folder.mkdir(exist_ok=True)
    outcome = evaluate(make_evaluator(module, {"name": name}), job, seen.append)
    return outcome, [int(m.resource) for m in seen]


def curve(outcome):
    return [(m.resource, m.metrics["val_loss"]) for m in outcome.measurements]


@pytest.mark.parametrize("name", ["random_search", "hyperband", "own_callback"])
def test_rungs_give_what_one_training_gives(tmp_path, name):
    if name == "own_callback":
        stock_tuners.Counter.count = 0
    whole, _ = run(name, tmp_path / "whole", MOST)
    assert whole.error is None, whole.error
    parts = []
    for attempt, epochs in enumerate((1, 3, MOST)):
        rung, trained = run(name, tmp_path / "rungs", epochs, attempt)
        assert rung.error is None, rung.error
        parts.append(trained)
    assert parts == [[1], [2, 3], [4, 5]]
    assert len(curve(rung)) == MOST
    for ours, theirs in zip(curve(rung), curve(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)
    assert rung.metrics == pytest.approx(whole.metrics, rel=1e-4)
    assert rung.report["best_step"] == whole.report["best_step"]


@pytest.mark.usefixtures("keras_3_afterwards")
def test_a_survivor_of_tf_keras_goes_on(tmp_path, monkeypatch):
    tf_keras = legacy_tuner.tf_keras
    kwargs, sgd = legacy_tuner.fit_kwargs, tf_keras.optimizers.SGD
    monkeypatch.setattr(
        legacy_tuner, "fit_kwargs", lambda **more: kwargs(**more, shuffle=False)
    )
    monkeypatch.setattr(tf_keras.optimizers, "SGD", lambda rate: sgd(rate, 0.9))
    module = "tests.keras_tuner_adapter.legacy_tuner:load"
    whole, _ = run("random", tmp_path / "whole", 3, module=module)
    assert whole.error is None, whole.error
    run("random", tmp_path / "rungs", 1, module=module)
    rung, trained = run("random", tmp_path / "rungs", 3, 1, module)
    assert trained == [2, 3]
    for ours, theirs in zip(curve(rung), curve(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)


def test_an_attempt_after_the_last_word_trains_nothing(tmp_path):
    first, _ = run("random_search", tmp_path / "a", 2)
    again, trained = run("random_search", tmp_path / "a", 2, 1)
    assert trained == []
    assert (again.metrics, again.report) == (first.metrics, first.report)


@pytest.mark.parametrize("lost", [training_state.NAME, "checkpoint.weights.h5"])
def test_without_its_files_a_trial_begins_anew(tmp_path, lost):
    run("random_search", tmp_path / "a", 2)
    (tmp_path / "a" / lost).unlink()
    assert run("random_search", tmp_path / "a", 4, 1)[1] == [1, 2, 3, 4]


def test_repeated_executions_begin_anew(tmp_path):
    run("hooked_tuner", tmp_path / "a", 2)
    assert run("hooked_tuner", tmp_path / "a", 3, 1)[1] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("random_search", ""),
        ("hyperband", ""),
        ("float_tuner", "without a hypermodel"),
        ("sklearn_tuner", "without a hypermodel"),
    ],
)
def test_it_is_known_before_the_first_trial(tmp_path, name, message):
    job = Job("e", {}, 0, 0, str(tmp_path), "explored", "max", note={"explore": True})
    outcome = evaluate(make_evaluator(MODULE, {"name": name}), job, lambda _: None)
    assert outcome.error is None, outcome.error
    why = outcome.report["no_rungs"]
    assert message in why if message else why == ""


def test_epochs_as_a_hyperparameter_are_known_before_the_first_trial():
    space = {"space": [{"class_name": "Int", "config": {"name": "epochs"}}]}
    assert "'epochs' says them too" in rung_training.why_not(None, space)


def test_the_rungs_epochs_win_over_those_of_a_fit_of_the_users(tmp_path):
    outcome, _ = run("fit_model", tmp_path / "a", 4)
    assert outcome.error is None, outcome.error
    assert [m.resource for m in outcome.measurements] == [1, 2, 3, 4]
