"""What a strategy is going to spend, for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from tuner_component.strategies.brackets import Bracket
from tuner_component.strategies.iterations import Iterations
from tuner_component.strategies.rung_options import EPOCHS

_MOST_SHOWN = 40
"""Brackets of a plan in words; an iteration has at most as many."""


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
        if self.resource != EPOCHS:
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
        if isinstance(self.brackets, Iterations):
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


def _amount(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
