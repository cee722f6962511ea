"""Optuna's samplers."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


class Adapter:
    def __init__(
        self,
        sampler: Callable[..., optuna.samplers.BaseSampler],
        space: list[dict[str, Any]],
        seed: int,
        num_trials: int,
    ) -> None:
        self._space = {p["name"]: _distribution(p) for p in space}
        self._study = optuna.create_study(sampler=sampler(seed=seed))
        self._study.enqueue_trial({p["name"]: p["default"] for p in space})
        self._trials: dict[int, optuna.Trial] = {}

    def ask(self, number: int) -> dict[str, Any]:
        trial = self._study.ask(self._space)
        self._trials[number] = trial
        return trial.params

    def tell(self, number: int, loss: float | None) -> None:
        trial = self._trials.pop(number)
        if loss is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, loss)


Tpe = functools.partial(Adapter, optuna.samplers.TPESampler)
Gp = functools.partial(Adapter, optuna.samplers.GPSampler)


def _distribution(
    parameter: dict[str, Any],
) -> optuna.distributions.BaseDistribution:
    if parameter["kind"] == "choice":
        return optuna.distributions.CategoricalDistribution(parameter["values"])
    number = {
        "float": optuna.distributions.FloatDistribution,
        "int": optuna.distributions.IntDistribution,
    }[parameter["kind"]]
    return number(parameter["low"], parameter["high"], log=parameter["log"])
