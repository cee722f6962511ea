import sys

import keras
import pytest
import tensorflow
import tf_keras

from tests.keras_tuner_adapter import legacy_tuner
from tests.keras_tuner_adapter.ask_and_tell import evaluated, outcome_of, search
from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.legacy_keras import (
    bind_keras,
    for_workers,
    uses_legacy_keras,
)
from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy
from tuner_component.keras_tuner_adapter.owned_tuner import call_tuner_fn
from tuner_component.keras_tuner_adapter.stock_evaluation import make_evaluator
from tuner_component.trial import Objective, Trial

MODULE = "tests.keras_tuner_adapter.legacy_tuner:load"
VAL_LOSS = Objective("val_loss", "min")

pytestmark = pytest.mark.usefixtures("keras_3_afterwards")


@pytest.mark.parametrize("name", ["random", "hyperband"])
def test_models_of_tf_keras_are_searched(name, tmp_path):
    tuner_fn, fn_args = legacy_tuner.load(name)
    owned = call_tuner_fn(tuner_fn, fn_args, str(tmp_path / "d"), explore=True)
    strategy = OracleStrategy(owned.tuner.oracle)
    answer = evaluated(make_evaluator(MODULE, {"name": name}), tmp_path, VAL_LOSS)
    history, _ = search(strategy, answer, max_trials=strategy.max_trials or 100)
    assert len(history) >= 2
    assert [trial.error for trial in history] == [None] * len(history)
    for trial in history:
        parent = trial.note.get("parent")
        if parent:
            assert trial.measurements[0].metrics["val_loss"] < parent["score"]
    assert all(trial.measurements for trial in history)


def test_both_kinds_of_keras_take_turns_in_one_process(tmp_path):
    legacy = make_evaluator(MODULE, {"name": "random"})
    current = make_evaluator(
        "tests.keras_tuner_adapter.stock_tuners:load", {"name": "random_search"}
    )
    trial = Trial("a", 0, {"units": 1, "rate": 0.01}, 1)
    outcomes = [
        outcome_of(evaluator, trial, tmp_path / str(turn), VAL_LOSS)
        for turn, evaluator in enumerate([legacy, current, legacy, current])
    ]
    assert [outcome.error for outcome in outcomes] == [None] * 4
    assert outcomes[0].metrics == outcomes[2].metrics
    assert outcomes[1].metrics == outcomes[3].metrics


def test_a_legacy_trial_is_explored_and_exported(tmp_path):
    evaluator = make_evaluator(MODULE, {"name": "random"})
    trial = Trial("a", 0, {"units": 1, "rate": 0.01}, 1)
    explored = outcome_of(evaluator, trial, tmp_path, VAL_LOSS, explore=True)
    assert explored.report["metrics"] == ["loss", "val_loss"]
    outcome_of(evaluator, trial, tmp_path, VAL_LOSS)
    target = tmp_path / "model"
    exported = outcome_of(evaluator, trial, tmp_path, VAL_LOSS, export=str(target))
    assert exported.error is None
    assert (target / "saved_model.pb").exists()


@pytest.mark.parametrize(
    ("source", "variable", "expected"),
    [
        ("import tf_keras as keras", "", True),
        ("from tf_keras.layers import Dense", "", True),
        ("import tensorflow as tf", "", False),
        ("import tensorflow as tf", "1", True),
        ("import tensorflow as tf", "True", True),
        ("import tensorflow as tf", "0", False),
        ("from keras import layers", "1", False),
        ("", "1", True),
    ],
)
def test_imports_decide_then_the_variable(source, variable, expected, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", variable)
    assert uses_legacy_keras(source) is expected


@pytest.mark.parametrize("keras_of_tensorflow", [keras, tf_keras])
def test_or_what_tensorflow_has_chosen_whatever_its_variable_says(
    keras_of_tensorflow, monkeypatch
):
    is_legacy = keras_of_tensorflow is tf_keras
    monkeypatch.setattr(tensorflow, "keras", keras_of_tensorflow)
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", str(int(not is_legacy)))
    assert uses_legacy_keras("import tensorflow as tf") is is_legacy


def test_workers_have_the_keras_of_this_process_whatever_its_variable_says(monkeypatch):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")  # As TensorFlow Transform does.
    monkeypatch.setattr(tensorflow, "keras", keras)
    assert for_workers() == {"TF_USE_LEGACY_KERAS": "0"}
    monkeypatch.setattr(tensorflow, "keras", tf_keras)
    assert for_workers() == {"TF_USE_LEGACY_KERAS": "1"}
    monkeypatch.delitem(sys.modules, "tensorflow")
    assert for_workers() == {}


def test_missing_tf_keras_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    with pytest.raises(PreflightError, match="Install the tf-keras"):
        bind_keras(legacy_tuner.random_search)
