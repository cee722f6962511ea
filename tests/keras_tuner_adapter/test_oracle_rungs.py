"""Rungs of our strategies inside KerasTuner's own tuners."""

from __future__ import annotations

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.pure_tuner import Pure, pure_tuner, searched  # noqa: E402
from tuner_component.keras_tuner_adapter.space import from_keras_tuner  # noqa: E402


def _epochs(trial):
    values = trial.hyperparameters.values
    return values["tuner/initial_epoch"], values["tuner/epochs"]


def test_rungs_are_spoken_of_as_keras_tuner_does(tmp_path):
    class Rungs(Pure):
        spent: dict = {}  # noqa: RUF012

        def run_trial(self, trial, **_):
            first, last = _epochs(trial)
            parent = trial.hyperparameters.values.get("tuner/trial_id")
            assert first == (self.spent[parent] if parent else 0)
            self.spent[trial.trial_id] = last
            return {"score": self.score(trial.hyperparameters) + 1 / last}

    options = {"max_resource": 9, "reduction_factor": 3, "num_configurations": 9}
    tuner = pure_tuner(tmp_path, "successive_halving", None, Rungs, **options)
    tuner.search(verbose=0)
    runs = [_epochs(tuner.oracle.trials[i]) for i in tuner.oracle.start_order]
    bracket = tuner.oracle._create(
        from_keras_tuner(tuner.oracle.hyperparameters.get_config())
    ).plan.brackets[0]
    expected, before = [], 0
    for rung in bracket.rungs:
        expected += [(before, rung.resource)] * rung.num_configurations
        before = rung.resource
    assert sorted(runs) == sorted(expected)
    best = tuner.oracle.get_best_trials()[0]
    history = tuner.oracle._proposals.history(tuner.oracle.trials)
    assert max(len(trial.rungs) for trial in history) == len(bracket.rungs)
    assert _epochs(best)[1] == 9


@pytest.mark.parametrize("stop_after", [3, 10])
def test_rungs_go_on_after_a_reload(tmp_path, stop_after):
    class Stopped(Pure):
        left = 1000

        def on_trial_begin(self, trial):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1

    options = {"max_resource": 9, "reduction_factor": 3}
    whole = searched(
        pure_tuner(tmp_path / "whole", "hyperband", None, Stopped, **options)
    )
    tuner = pure_tuner(tmp_path / "parts", "hyperband", None, Stopped, **options)
    tuner.left = stop_after
    with pytest.raises(KeyboardInterrupt):
        tuner.search(verbose=0)
    tuner = pure_tuner(tmp_path / "parts", "hyperband", None, Stopped, **options)
    assert searched(tuner) == whole


class _GrowingTuner(Pure):
    """Asks for another hyperparameter in later trials."""

    def run_trial(self, trial, **_):
        hp = trial.hyperparameters
        x = hp.Float("x", 0.0, 1.0)
        if x > 0.5:
            hp.Int("y", 1, 1_000)
        return {"score": x}


@pytest.mark.parametrize("strategy", ["asha", "successive_halving"])
def test_promoted_trials_have_the_same_values_each_time(tmp_path, strategy):
    found = [
        searched(pure_tuner(tmp_path / name, strategy, 9, _GrowingTuner, model=False))
        for name in ("one", "other")
    ]
    assert found[0] == found[1]
    assert any("tuner/trial_id" in values for values in found[0])
