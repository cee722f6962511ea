"""Which configurations the lowest rung gets."""

from __future__ import annotations

from collections.abc import Callable

from tuner_component.search_space import SearchSpace
from tuner_component.spelling import suggestion
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.bayesian import Bayesian
from tuner_component.strategies.evolution import Evolution
from tuner_component.strategies.model_based import ModelBased
from tuner_component.strategies.options import check_number
from tuner_component.strategies.quasi_random import QuasiRandom
from tuner_component.strategies.random import Random
from tuner_component.strategies.reinforcement import Reinforcement

PROPOSALS: dict[str, Callable[[SearchSpace, int], Strategy]] = {
    "bayesian": Bayesian,
    "evolution": Evolution,
    "quasi_random": QuasiRandom,
    "random": Random,
    "reinforcement": Reinforcement,
}


_LEARNING = ("bayesian", "evolution", "reinforcement")
_RANDOM_SHARE = 0.1


def create(
    owner: str,
    name: str,
    space: SearchSpace,
    seed: int,
    random_share: float | None = None,
) -> Strategy:
    """Returns the strategy that proposes configurations to another one.

    One that learns sees trials with little training as if they had got all of it.

    Args:
        owner: The name of the strategy that asks, for the error.
        name: A key of `PROPOSALS`.
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        random_share: How many configurations are random where the strategy learns,
            0 to 1; None: one in ten.

    Raises:
        ValueError: If there is none of this name, or the share is out of its range.
    """
    if str(name) not in PROPOSALS:
        raise ValueError(
            f"The strategy {owner!r} received proposals={name!r}; expected one of "
            f"{sorted(PROPOSALS)}.{suggestion(str(name), PROPOSALS)}"
        )
    share = _RANDOM_SHARE if random_share is None else random_share
    check_number(owner, "random_share", share, 0, 1)
    inner = PROPOSALS[name](space, seed)
    return ModelBased(space, seed, inner, share) if name in _LEARNING else inner


def num_configurations(space: SearchSpace, limit: int | None) -> int | None:
    """Returns how many configurations there can be at most; None for no limit.

    Args:
        space: What can be tried.
        limit: Configurations at most; None for no limit.
    """
    size = space.size()
    if size is None:
        return limit
    size += space.configurations().rank(space.defaults()) is None
    return size if limit is None else min(size, limit)
