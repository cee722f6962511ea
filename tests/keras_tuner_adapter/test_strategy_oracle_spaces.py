"""Spaces that only the trials of a KerasTuner script make known."""

from __future__ import annotations

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.pure_tuner import (  # noqa: E402
    Pure,
    pure_tuner,
    searched,
    values_of,
)


class _FirstFails(Pure):
    def run_trial(self, trial, **_):
        x = trial.hyperparameters.Float("x", 0.0, 1.0)
        if int(trial.trial_id) == 0:
            raise keras_tuner.errors.FailedTrialError("the defaults do not work")
        return {"score": x}


@pytest.mark.parametrize("strategy", ["grid", "bayesian"])
def test_what_a_failed_trial_asked_for_is_searched(tmp_path, strategy):
    tuner = pure_tuner(tmp_path, strategy, 6, _FirstFails, model=False)
    values = searched(tuner)
    assert len(values) == len({v["x"] for v in values}) == 6
    statuses = [trial.status for trial in tuner.oracle.trials.values()]
    assert statuses == ["FAILED", *["COMPLETED"] * 5]


class _Retried(Pure):
    def run_trial(self, trial, **_):
        hp = trial.hyperparameters
        x = hp.Float("x", 0.0, 1.0)
        if int(trial.trial_id) == 1:
            hp.Float("late", 0.0, 1.0)
            raise ValueError("of a trial that will be tried again")
        return {"score": x}


def _two_workers(folder):
    """Creates a trial while another one, that has failed, is to be tried again."""
    tuner = pure_tuner(folder, "random", 6, _Retried, max_retries_per_trial=1)
    oracle = tuner.oracle
    oracle.verbose = 0
    for _ in range(2):
        trial = oracle.create_trial("one")
        tuner._try_run_and_update_trial(trial)
        oracle.end_trial(trial)
    again = oracle.create_trial("one")
    assert again.trial_id == "1"
    oracle.create_trial("two")
    return values_of(tuner)


def test_what_a_trial_asked_for_that_is_tried_again_is_drawn_with_the_seed(tmp_path):
    values = _two_workers(tmp_path / "a")
    assert "late" in values[2]
    assert _two_workers(tmp_path / "b") == values


def _shared_name(hp):
    kind = hp.Choice("kind", ["a", "b", "c"])
    for each, low in (("a", 0.0), ("b", 2.0), ("c", 4.0)):
        if kind == each:
            with hp.conditional_scope("kind", [each]):
                return low, hp.Float("x", low, low + 1.0)
    raise AssertionError(kind)


class _SharedName(Pure):
    def run_trial(self, trial, **_):
        low, x = _shared_name(trial.hyperparameters)
        assert low <= x <= low + 1.0
        return {"score": x}


@pytest.mark.parametrize("strategy", ["bayesian", "median_rule", "random"])
def test_a_name_is_searched_under_each_of_its_conditions(tmp_path, strategy):
    rungs = {"max_resource": 2} if strategy == "median_rule" else {}
    runs = []
    for folder in "first", "second":
        tuner = pure_tuner(
            tmp_path / folder, strategy, 16, _SharedName, model=False, **rungs
        )
        runs.append(searched(tuner))
        statuses = {trial.status for trial in tuner.oracle.trials.values()}
        assert statuses == {"COMPLETED"}
        for trial in tuner.oracle.trials.values():
            values = trial.hyperparameters.values
            before = values.get("tuner/trial_id")
            if before is not None:
                parent = tuner.oracle.trials[before].hyperparameters.values
                assert values["x"] == parent["x"]
    assert runs[0] == runs[1]
    assert {values["kind"] for values in runs[0]} == {"a", "b", "c"}
