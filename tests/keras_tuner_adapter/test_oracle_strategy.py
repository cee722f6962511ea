"""What a strategy makes of an oracle."""

import dataclasses
import threading

import keras_tuner
import pytest

from tests.keras_tuner_adapter.ask_and_tell import (
    added,
    completed,
    search,
    through_json,
)
from tests.keras_tuner_adapter.oracles import (
    STOCK,
    Counting,
    active_values,
    answer,
    failed,
    oracle,
    small_space,
)
from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy
from tuner_component.strategies.base import Suggest, Wait
from tuner_component.trial import Objective, TrialState


@STOCK
def test_a_small_space_is_covered_without_duplicates(kind):
    history, reason = search(OracleStrategy(oracle(kind)), answer, slots=3)
    unique = {(t.values["a"], t.values["b"]) for t in history}
    assert len(unique) == 16
    assert len(active_values(history)) == len(history)
    assert "nothing more to propose" in reason


def test_random_and_grid_suggest_the_same_set_however_many_workers():
    for kind in ("random", "grid"):
        one, _ = search(OracleStrategy(oracle(kind)), answer)
        four, _ = search(OracleStrategy(oracle(kind)), answer, slots=4)
        assert active_values(one) == active_values(four)


@STOCK
def test_writes_and_prints_nothing(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = oracle(kind)
    given._set_project_dir(str(tmp_path), "project")
    answers = iter([failed, answer, answer] * 10)
    search(OracleStrategy(given), lambda t: next(answers)(t), max_trials=9, slots=2)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


@STOCK
def test_failed_and_infeasible_trials_do_not_end_the_search(kind):
    strategy = OracleStrategy(oracle(kind))
    history, _ = search(strategy, failed, max_trials=5)
    assert len(history) == 5
    history, _ = search(
        strategy, lambda t: failed(t, TrialState.INFEASIBLE), max_trials=5
    )
    assert len(history) == 5


def test_settings_of_the_oracle():
    strategy = OracleStrategy(oracle("random", max_consecutive_failed_trials=5))
    assert strategy.objective == Objective("val_loss", "min")
    assert strategy.max_trials == 9
    assert strategy.max_consecutive_failures == 5
    assert OracleStrategy(oracle("grid")).max_trials is None


def test_objectives_without_a_metric_of_their_own():
    assert OracleStrategy(oracle("random", objective=None)).objective == Objective(
        "default_objective", "min"
    )
    several = ["val_loss", keras_tuner.Objective("val_accuracy", "max")]
    strategy = OracleStrategy(oracle("random", objective=several))
    assert strategy.objective == Objective("multi_objective", "min")

    def both(trial):
        metrics = {"val_loss": 1.0, "val_accuracy": 0.25, "multi_objective": 0.75}
        return dataclasses.replace(completed(trial, 0.75), metrics=metrics)

    assert len(search(strategy, both, max_trials=4)[0]) == 4


def test_a_space_known_only_in_run_trial_waits_for_the_first_trial():
    strategy = OracleStrategy(
        oracle("random", hyperparameters=keras_tuner.HyperParameters())
    )
    first, second = strategy.propose([], 2)
    assert isinstance(first, Suggest)
    assert isinstance(second, Wait)
    trial = added([], first)
    report = {"hyperparameters": small_space().get_config()}
    ended = completed(trial, 1.0, report=through_json(report))
    (action,) = strategy.propose([ended], 1)
    assert set(action.values) == {"a", "b"}


def test_hyperband_with_an_empty_space_is_refused():
    with pytest.raises(PreflightError, match="empty search space"):
        OracleStrategy(
            oracle("hyperband", hyperparameters=keras_tuner.HyperParameters())
        )


def test_hyperband_promotes_with_a_parent_and_keeps_its_checkpoint():
    strategy = OracleStrategy(oracle("hyperband"))
    asked = []

    def watched(trial):
        asked.append(trial)
        return answer(trial)

    history, _ = search(strategy, watched)
    promoted = [trial for trial in history if "tuner/trial_id" in trial.values]
    assert promoted
    for trial in promoted:
        parent = next(
            t for t in history if t.trial_id == trial.note["parent"]["trial_id"]
        )
        assert trial.values["a"] == parent.values["a"]
        assert trial.values["tuner/initial_epoch"] == parent.values["tuner/epochs"]
        assert trial.note["parent"]["score"] == parent.score
        assert parent.trial_id in strategy.keeps(history[: trial.number])
        pending = dataclasses.replace(trial, state=TrialState.PENDING)
        assert parent.trial_id in strategy.keeps([*history[: trial.number], pending])
    last = history[: promoted[-1].number + 1]
    assert len(strategy.keeps(last)) < len(last)
    assert strategy.keeps([]) == set()


def test_only_hyperband_continues_trials():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=3)
    assert OracleStrategy(oracle("random")).keeps(history) == set()
    assert OracleStrategy(Counting(small_space())).keeps(history) == {
        trial.trial_id for trial in history
    }


def test_an_oracle_that_raises_leaves_no_lock_behind():
    strategy = OracleStrategy(Counting(small_space()))
    history, _ = search(strategy, answer, max_trials=8)
    with pytest.raises(RuntimeError, match="the count is over"):
        strategy.propose(history, 1)
    raised = []

    def again():
        try:
            strategy.propose(history, 1)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    thread.join(timeout=30)
    assert len(raised) == 1


def test_an_oracle_that_cannot_be_copied_is_refused():
    given = oracle("random")
    given.client = threading.Lock()
    with pytest.raises(PreflightError, match="cannot be copied"):
        OracleStrategy(given).propose([], 1)


def _shared_names():
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    for kind, low in (("a", 0), ("b", 100), ("c", 200)):
        with hp.conditional_scope("kind", [kind]):
            hp.Int("units", low, low + 50)
    return hp


@pytest.mark.parametrize("kind", ["random", "bayesian"])
def test_a_name_has_its_value_under_each_of_its_conditions(kind):
    def of_units(trial):
        return completed(trial, float(trial.values["units"] % 100))

    given = oracle(kind, hyperparameters=_shared_names())
    history, _ = search(OracleStrategy(given), of_units, max_trials=20)
    assert len(active_values(history)) == len(history) > 8
    for name, low in (("a", 0), ("b", 100), ("c", 200)):
        units = {t.values["units"] for t in history if t.values["kind"] == name}
        assert len(units) > 1
        assert all(low <= value <= low + 50 for value in units)
