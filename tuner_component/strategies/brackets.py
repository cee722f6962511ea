"""Brackets: how many configurations get how much training. Pure arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Rung:
    """A step of a bracket.

    Attributes:
        num_configurations: How many configurations get that far, >= 1.
        resource: What each of them has got in all when it ends here, > 0.
    """

    num_configurations: int
    resource: float


@dataclasses.dataclass(frozen=True)
class Bracket:
    """Configurations that start together; from rung to rung fewer go on.

    Attributes:
        rungs: The lowest first; resources increase, configurations never do.
        reduction_factor: One in so many goes on.
    """

    rungs: tuple[Rung, ...]
    reduction_factor: int

    @property
    def num_configurations(self) -> int:
        """How many configurations start."""
        return self.rungs[0].num_configurations

    @property
    def resources(self) -> tuple[float, ...]:
        """What its rungs give."""
        return tuple(rung.resource for rung in self.rungs)

    @property
    def total_resource(self) -> float:
        """What the bracket costs; a survivor goes on from where it stopped."""
        spent = [0, *(rung.resource for rung in self.rungs)]
        return sum(
            rung.num_configurations * (rung.resource - before)
            for rung, before in zip(self.rungs, spent, strict=False)
        )

    @property
    def total_anew(self) -> float:
        """What the bracket costs if a survivor begins anew in every rung."""
        return sum(rung.num_configurations * rung.resource for rung in self.rungs)

    def cut(self, num_configurations: int) -> Bracket:
        """Returns the bracket with fewer configurations; one gets to the top."""
        if num_configurations >= self.num_configurations:
            return self
        return of(num_configurations, self.resources, self.reduction_factor)


def hyperband(
    min_resource: float, max_resource: float, reduction_factor: int
) -> tuple[Bracket, ...]:
    """Returns the brackets of one iteration, the one with the most rungs first.

    Args:
        min_resource: What a rung gives at least, >= 1.
        max_resource: What the highest rung gives, >= `min_resource`.
        reduction_factor: One in so many goes on, >= 2.

    Reference:
        Li et al., 2018, Hyperband: A Novel Bandit-Based Approach to Hyperparameter
        Optimization, arXiv 1603.06560, Algorithm 1.
    """
    most = num_rungs(min_resource, max_resource, reduction_factor) - 1
    return tuple(
        of(
            -(-(most + 1) * reduction_factor**s // (s + 1)),
            resources(s + 1, max_resource, reduction_factor),
            reduction_factor,
        )
        for s in range(most, -1, -1)
    )


def successive_halving(
    num_configurations: int,
    min_resource: float,
    max_resource: float,
    reduction_factor: int,
) -> Bracket:
    """Returns the bracket that ends when one configuration is left.

    Where the resources allow fewer rungs than that takes, the last rung has more
    configurations; where they allow more rungs, the lowest gives more than
    `min_resource`.

    Args:
        num_configurations: How many start, >= 1.
        min_resource: What a rung gives at least, >= 1.
        max_resource: What the highest rung gives, >= `min_resource`.
        reduction_factor: One in so many goes on, >= 2.

    Reference:
        Jamieson and Talwalkar, 2016, Non-stochastic Best Arm Identification and
        Hyperparameter Optimization, arXiv 1502.07943.
    """
    allowed = num_rungs(min_resource, max_resource, reduction_factor)
    needed = num_rungs(1, max(num_configurations - 1, 1), reduction_factor)
    steps = resources(min(allowed, needed), max_resource, reduction_factor)
    return of(num_configurations, steps, reduction_factor)


def num_rungs(min_resource: float, max_resource: float, reduction_factor: int) -> int:
    """Returns how many rungs there are room for, >= 1."""
    number = 1
    while min_resource * reduction_factor**number <= max_resource:
        number += 1
    return number


def resources(number: int, max_resource: float, reduction_factor: int) -> list[float]:
    """Returns the resource of each of so many rungs.

    They are integers, unless `max_resource` is a fraction: at most 1.
    """
    if max_resource <= 1:
        below = [max_resource / reduction_factor**i for i in range(1, number)]
        return [*reversed(below), max_resource]
    return [
        max(round(max_resource / reduction_factor**below), 1)
        for below in range(number - 1, -1, -1)
    ]


def of(number: int, resources: Sequence[float], reduction_factor: int) -> Bracket:
    """Returns a bracket of so many configurations; one gets to the top.

    Args:
        number: How many configurations start, >= 1.
        resources: What the rungs give, the lowest first.
        reduction_factor: One in so many goes on.
    """
    rungs = (
        Rung(max(number // reduction_factor**index, 1), resource)
        for index, resource in enumerate(resources)
    )
    return Bracket(tuple(rungs), reduction_factor)
