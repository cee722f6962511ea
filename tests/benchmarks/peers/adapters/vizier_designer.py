"""Vizier's default: GP-UCB with pure exploration for what runs in parallel."""

from __future__ import annotations

from typing import Any

import jax
from vizier import algorithms as vza
from vizier import pyvizier as vz
from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit


class Adapter:
    def __init__(self, space: list[dict[str, Any]], seed: int, num_trials: int) -> None:
        problem = vz.ProblemStatement()
        for parameter in space:
            _add(problem.search_space.root, parameter)
        metric = vz.MetricInformation("loss", goal=vz.ObjectiveMetricGoal.MINIMIZE)
        problem.metric_information.append(metric)
        self._designer = VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(seed))
        self._defaults = {p["name"]: p["default"] for p in space}
        self._active: dict[int, vz.Trial] = {}
        self._completed: list[vz.Trial] = []

    def ask(self, number: int) -> dict[str, Any]:
        if number == 0:
            suggestion = vz.TrialSuggestion(self._defaults)
        else:
            active = vza.ActiveTrials(list(self._active.values()))
            self._designer.update(vza.CompletedTrials(self._completed), active)
            self._completed = []
            (suggestion,) = self._designer.suggest(1)
        self._active[number] = suggestion.to_trial(number + 1)
        return suggestion.parameters.as_dict()

    def tell(self, number: int, loss: float | None) -> None:
        trial = self._active.pop(number)
        if loss is None:
            trial.complete(vz.Measurement(), infeasibility_reason="diverged")
        else:
            trial.complete(vz.Measurement(metrics={"loss": loss}))
        self._completed.append(trial)


def _add(root: Any, parameter: dict[str, Any]) -> None:
    name, default = parameter["name"], parameter["default"]
    if parameter["kind"] == "choice":
        root.add_categorical_param(name, parameter["values"], default_value=default)
        return
    add = {"float": root.add_float_param, "int": root.add_int_param}[parameter["kind"]]
    scale = vz.ScaleType.LOG if parameter["log"] else vz.ScaleType.LINEAR
    low, high = parameter["low"], parameter["high"]
    add(name, low, high, scale_type=scale, default_value=default)
