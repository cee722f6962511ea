"""Brackets: how many configurations get how much training. Pure arithmetic."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from typing_extensions import override

_CONTINUED = "epochs"
"""The resource of which a survivor gets only what is added, not all again."""
_MOST_SHOWN = 40
"""Brackets of a plan in words; an iteration has at most as many."""


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


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a strategy is going to spend.

    Attributes:
        brackets: In the order in which they start.
        resource: What is spent: `"epochs"`, ...
        max_resource: The full training.
        is_least: Whether it may become more.
    """

    brackets: Sequence[Bracket]
    resource: str
    max_resource: float
    is_least: bool = False

    @property
    def num_configurations(self) -> int:
        """How many configurations start."""
        return int(self.total(lambda bracket: bracket.num_configurations))

    @property
    def total_resource(self) -> float:
        """What all of it costs."""
        if self.resource != _CONTINUED:
            return self.total(lambda bracket: bracket.total_anew)
        return self.total(lambda bracket: bracket.total_resource)

    @property
    def num_jobs(self) -> int:
        """How many trainings there are, each from one rung to the next."""
        return int(
            self.total(lambda each: sum(r.num_configurations for r in each.rungs))
        )

    @property
    def num_rungs(self) -> int:
        """The rungs of the bracket that has most."""
        return max(len(bracket.rungs) for bracket in self.brackets[:_MOST_SHOWN])

    def total(self, amount: Callable[[Bracket], float]) -> float:
        """Returns the sum of an amount over all brackets."""
        if isinstance(self.brackets, Repeated):
            return self.brackets.total(amount)
        return sum(map(amount, self.brackets))

    @property
    def text(self) -> str:
        """The plan as a table for people, its total compared with full trainings."""
        full = self.num_configurations * self.max_resource
        least = "at least " if self.is_least else ""
        lines = [
            f"{self.num_configurations:,} configurations, {least}"
            f"{_amount(self.total_resource)} {self.resource} in all; to train every "
            f"one to the end takes {_amount(full)}, "
            f"{full / self.total_resource:.3g} times as many."
        ]
        width = len(str(len(self.brackets) - 1))
        for number, bracket in enumerate(self.brackets[:_MOST_SHOWN]):
            rungs = ", ".join(
                f"{rung.num_configurations:,} x {_amount(rung.resource)}"
                for rung in bracket.rungs
            )
            lines.append(f"  bracket {number:{width}}  {rungs} {self.resource}")
        if len(self.brackets) > _MOST_SHOWN:
            lines.append(f"  and so on, {len(self.brackets):,} brackets in all")
        return "\n".join(lines)


@runtime_checkable
class Planned(Protocol):
    """A strategy that knows beforehand what it will spend."""

    @property
    def plan(self) -> Plan | None:
        """What it will spend; None where that has no end."""


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


class Repeated(Sequence[Bracket]):
    """Brackets over and over: as many as a search may have, which can be millions.

    Args:
        first: What comes once, before the others.
        one: One iteration.
        iterations: How many; None: as many as the limit allows, or else one.
        limit: Configurations of all iterations at most, the last bracket is cut to
            fit; None for no limit.
    """

    def __init__(
        self,
        first: Sequence[Bracket],
        one: Sequence[Bracket],
        iterations: int | None,
        limit: int | None,
    ) -> None:
        self.first, self.one = tuple(first), tuple(one)
        number = sum(bracket.num_configurations for bracket in one)
        most = math.inf if limit is None else limit / number
        wanted = (
            (1 if limit is None else math.inf) if iterations is None else iterations
        )
        self.times = math.floor(min(most, wanted))
        rest = one if self.times < wanted and limit is not None else ()
        left = 0 if limit is None else limit - self.times * number
        self.last = tuple(_until(iter(rest), left))

    @override
    def __len__(self) -> int:
        return len(self.first) + self.times * len(self.one) + len(self.last)

    @override
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = index - len(self.first)
        if place < 0:
            return self.first[index]
        iteration, place = divmod(place, len(self.one))
        return (self.one if iteration < self.times else self.last)[place]

    def total(self, amount: Callable[[Bracket], float]) -> float:
        """Returns the sum of an amount over all brackets."""
        once, again = (
            sum(map(amount, self.first + self.last)),
            sum(map(amount, self.one)),
        )
        return once + self.times * again


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


def _amount(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _until(brackets: Iterator[Bracket], limit: int | None) -> Iterator[Bracket]:
    for bracket in brackets:
        if limit is not None:
            if limit < 1:
                return
            bracket = bracket.cut(limit)
            limit -= bracket.num_configurations
        yield bracket


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
