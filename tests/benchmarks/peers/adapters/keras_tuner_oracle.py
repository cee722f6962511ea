"""KerasTuner's oracles."""

from __future__ import annotations

import functools
import tempfile
from typing import Any

import keras_tuner
from keras_tuner.engine import trial as trial_module

_NO_LIMIT = 10**9


class Adapter:
    def __init__(
        self, oracle: type, space: list[dict[str, Any]], seed: int, num_trials: int
    ) -> None:
        hp = keras_tuner.HyperParameters()
        for parameter in space:
            _add(hp, parameter)
        self._oracle = oracle(
            objective=keras_tuner.Objective("loss", "min"),
            max_trials=num_trials,
            hyperparameters=hp,
            seed=seed + 1,  # 0 is no seed
            max_consecutive_failed_trials=_NO_LIMIT,
        )
        self._folder = tempfile.TemporaryDirectory()
        self._oracle._set_project_dir(self._folder.name, "peer")
        self._oracle.verbose = 0
        self._defaults = dict(hp.values)
        self._trials: dict[int, Any] = {}

    def ask(self, number: int) -> dict[str, Any] | None:
        trial = self._oracle.create_trial(f"tuner{number}")
        if trial.status != trial_module.TrialStatus.RUNNING:
            return None
        if number == 0:
            trial.hyperparameters.values = self._defaults
        self._trials[number] = trial
        return dict(trial.hyperparameters.values)

    def tell(self, number: int, loss: float | None) -> None:
        trial = self._trials.pop(number)
        if loss is None:
            trial.status = trial_module.TrialStatus.FAILED
        else:
            self._oracle.update_trial(trial.trial_id, {"loss": loss})
            trial.status = trial_module.TrialStatus.COMPLETED
        self._oracle.end_trial(trial)


Random = functools.partial(Adapter, keras_tuner.oracles.RandomSearchOracle)
Bayesian = functools.partial(Adapter, keras_tuner.oracles.BayesianOptimizationOracle)


def _add(hp: keras_tuner.HyperParameters, parameter: dict[str, Any]) -> None:
    name, default = parameter["name"], parameter["default"]
    if parameter["kind"] == "choice":
        hp.Choice(name, parameter["values"], default=default)
        return
    kind = hp.Float if parameter["kind"] == "float" else hp.Int
    sampling = "log" if parameter["log"] else "linear"
    kind(name, parameter["low"], parameter["high"], sampling=sampling, default=default)
