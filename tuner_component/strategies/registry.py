"""Strategies by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.search import check_names, suggestion
from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.bayesian import Bayesian
from tuner_component.strategies.evolution import Evolution
from tuner_component.strategies.grid import Grid
from tuner_component.strategies.quasi_random import QuasiRandom
from tuner_component.strategies.random import Random
from tuner_component.strategies.reinforcement import Reinforcement

STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "bayesian": Bayesian,
    "evolution": Evolution,
    "grid": Grid,
    "quasi_random": QuasiRandom,
    "random": Random,
    "reinforcement": Reinforcement,
}


def check(name: str, options: Mapping[str, Any]) -> None:
    """Raises unless there is a strategy of this name with these options.

    Raises:
        ValueError: Says which are known and which is closest.
    """
    if name not in STRATEGIES:
        raise ValueError(
            f"Received the strategy {name!r}; expected one of {sorted(STRATEGIES)}."
            + suggestion(name, STRATEGIES)
        )
    parameters = inspect.signature(STRATEGIES[name]).parameters
    known = [option for option in parameters if option not in _GIVEN]
    check_names(f"The strategy {name!r}", options, known)


def create(
    name: str, space: SearchSpace, seed: int, options: Mapping[str, Any]
) -> Strategy:
    """Returns the strategy with this name.

    Args:
        name: A key of `STRATEGIES`.
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        options: Further arguments of the strategy, by name.

    Raises:
        ValueError: If the name or an option is unknown; says which are known and
            which is closest. Also if an option's value is not allowed.
    """
    check(name, options)
    return STRATEGIES[name](space, seed, **options)


_GIVEN = ("space", "seed")
