"""Strategies by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.search_space import SearchSpace
from tuner_component.spelling import check_names, suggestion
from tuner_component.strategies.asha import Asha
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.bayesian import Bayesian
from tuner_component.strategies.evolution import Evolution
from tuner_component.strategies.grid import Grid
from tuner_component.strategies.hyperband import Hyperband
from tuner_component.strategies.median_rule import MedianRule
from tuner_component.strategies.prior_studies import PriorStudy, best_configurations
from tuner_component.strategies.quasi_random import QuasiRandom
from tuner_component.strategies.random import Random
from tuner_component.strategies.reinforcement import Reinforcement
from tuner_component.strategies.screening import Screening
from tuner_component.strategies.successive_halving import SuccessiveHalving
from tuner_component.strategies.warm_start import NUM_POINTS, WarmStart

STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "asha": Asha,
    "bayesian": Bayesian,
    "evolution": Evolution,
    "grid": Grid,
    "hyperband": Hyperband,
    "median_rule": MedianRule,
    "quasi_random": QuasiRandom,
    "random": Random,
    "reinforcement": Reinforcement,
    "screening": Screening,
    "successive_halving": SuccessiveHalving,
}


def options(name: str) -> list[str]:
    """Returns the names of the options of a strategy.

    Args:
        name: A key of `STRATEGIES`.
    """
    parameters = inspect.signature(STRATEGIES[name]).parameters
    return [option for option in parameters if option not in _GIVEN]


def learns(name: str, given: Mapping[str, Any]) -> bool:
    """Returns whether what a strategy proposes depends on how earlier trials did.

    Who is promoted by synchronous rungs does, but they wait for that themselves.

    Args:
        name: A key of `STRATEGIES`.
        given: Options of the strategy.
    """
    if name in ("hyperband", "screening", "successive_halving"):
        return given.get("proposals", "random") not in _OBLIVIOUS
    return name not in _OBLIVIOUS


def inherits(name: str, given: Mapping[str, Any]) -> bool:
    """Returns whether trials begin with the weights of earlier ones.

    Args:
        name: A key of `STRATEGIES`.
        given: Options of the strategy.
    """
    return "inherit_weights" in options(name) and bool(given.get("inherit_weights"))


_OBLIVIOUS = ("grid", "quasi_random", "random")


def check(name: str, given: Mapping[str, Any]) -> None:
    """Raises unless there is a strategy of this name with these options.

    Raises:
        ValueError: Says which are known and which is closest.
    """
    if name not in STRATEGIES:
        raise ValueError(
            f"Received the strategy {name!r}; expected one of {sorted(STRATEGIES)}."
            + suggestion(name, STRATEGIES)
        )
    check_names(f"The strategy {name!r}", given, options(name))


def create(
    name: str,
    space: SearchSpace,
    seed: int,
    options: Mapping[str, Any],
    prior_studies: Sequence[PriorStudy] = (),
) -> Strategy:
    """Returns the strategy with this name.

    Args:
        name: A key of `STRATEGIES`.
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        options: Further arguments of the strategy, by name.
        prior_studies: Earlier studies to start from, the newest first.

    Raises:
        ValueError: If the name or an option is unknown; says which are known and
            which is closest. Also if an option's value is not allowed.
    """
    check(name, options)
    strategy = _informed(STRATEGIES[name], prior_studies)(space, seed, **options)
    points = best_configurations(prior_studies, space, NUM_POINTS)
    return WarmStart(strategy, space, points) if points else strategy


_GIVEN = ("space", "seed", "prior_studies")


def _informed(
    strategy: Callable[..., Strategy], studies: Sequence[PriorStudy]
) -> Callable[..., Strategy]:
    """Gives earlier studies to a strategy that learns from them."""
    if "prior_studies" not in inspect.signature(strategy).parameters:
        return strategy
    return functools.partial(strategy, prior_studies=studies)
