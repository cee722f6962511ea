"""SMAC3's facade for hyperparameters: a random forest.

Its forest takes no crashed trials of infinite cost: they get the worst loss so far.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import ConfigSpace
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue


class Adapter:
    def __init__(self, space: list[dict[str, Any]], seed: int, num_trials: int) -> None:
        self._space = ConfigSpace.ConfigurationSpace(seed=seed)
        self._space.add([_parameter(p) for p in space])
        self._folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            self._space,
            n_trials=num_trials,
            deterministic=True,
            seed=seed,
            output_directory=Path(self._folder.name),
        )
        self._facade = HyperparameterOptimizationFacade(
            scenario, _never, overwrite=True, logging_level=False
        )
        self._seed = seed
        self._trials: dict[int, TrialInfo] = {}
        self._worst = 0.0

    def ask(self, number: int) -> dict[str, Any]:
        if number == 0:
            defaults = self._space.get_default_configuration()
            self._trials[0] = TrialInfo(config=defaults, seed=0)
        else:
            self._trials[number] = self._facade.ask()
        return dict(self._trials[number].config)

    def tell(self, number: int, loss: float | None) -> None:
        if loss is not None:
            self._worst = max(self._worst, loss)
        value = TrialValue(cost=self._worst if loss is None else loss)
        self._facade.tell(self._trials.pop(number), value, save=False)


def _never(config: ConfigSpace.Configuration, seed: int = 0) -> float:
    raise NotImplementedError("asked and told only")


def _parameter(parameter: dict[str, Any]) -> Any:
    name, default = parameter["name"], parameter["default"]
    if parameter["kind"] == "choice":
        return ConfigSpace.Categorical(name, parameter["values"], default=default)
    kind = {"float": ConfigSpace.Float, "int": ConfigSpace.Integer}[parameter["kind"]]
    bounds = (parameter["low"], parameter["high"])
    return kind(name, bounds, log=parameter["log"], default=default)
