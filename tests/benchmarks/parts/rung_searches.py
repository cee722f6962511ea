"""Searches with rungs on learning curves, under a budget of resource."""

from __future__ import annotations

import math
from typing import Any

from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.fidelities import Course, Curves, by_epochs, follow
from tuner_component.strategies import registry
from tuner_component.strategies.base import Strategy

CONFIGURATIONS = 64
_RUNGS = 32
_PLENTY = 1_000
_RANDOM_SEED = 1_000


def course(
    task_name: str, strategy: str, options: dict[str, Any], seed: int, budget: float
) -> dict[str, list[float]]:
    """Runs a search; returns `spent` and `regrets` of its `Course`.

    Args:
        task_name: One of `families`.
        strategy: Its name.
        options: Its options; those of rungs are added.
        seed: Of everything random.
        budget: Full trainings' worth of resource at most.
    """
    found = _followed(task_name, strategy, options, seed, budget)
    return {"spent": found.spent, "regrets": found.regrets}


def halved(task_name: str, guard: bool, seed: int) -> dict[str, float]:
    """Runs successive halving and random search, which gets as much training.

    Returns:
        `total`: what halving spent, in full trainings. `ours`, `random`: the regrets
        in the end, from 0 (best of the table) to 1 (its median).
    """
    options = {"guard": guard}
    ours = _followed(task_name, "successive_halving", options, seed, math.inf)
    other = _followed(task_name, "random", {}, seed + _RANDOM_SEED, ours.total)
    return {
        "total": ours.total,
        "ours": ours.regrets[-1],
        "random": other.at(ours.total),
    }


def _followed(
    task_name: str, name: str, options: dict[str, Any], seed: int, budget: float
) -> Course:
    (task,) = tasks_named([task_name])
    curves = by_epochs(task)
    return follow(_started(name, curves, options, seed), curves, seed, budget)


def _started(name: str, curves: Curves, options: dict[str, Any], seed: int) -> Strategy:
    space, most = curves.task.space, curves.max_resource
    if name == "successive_halving":
        size = space.size()
        number = CONFIGURATIONS if size is None else min(CONFIGURATIONS, size)
        least = max(most // _RUNGS, 1)
        options = {"num_configurations": number, "min_resource": least, **options}
    elif "max_resource" in registry.options(name):
        options = {"max_trials": _PLENTY, **options}
    if "max_resource" in registry.options(name):
        options = {"max_resource": most, **options}
    return registry.create(name, space, seed, options)
