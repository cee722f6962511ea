"""A plan's brackets over and over, without a list of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from typing_extensions import override

from tuner_component.strategies.brackets import Bracket


class Iterations(Sequence[Bracket]):
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
        once = sum(map(amount, self.first + self.last))
        return once + self.times * sum(map(amount, self.one))


def _until(brackets: Iterator[Bracket], limit: int | None) -> Iterator[Bracket]:
    for bracket in brackets:
        if limit is not None:
            if limit < 1:
                return
            bracket = bracket.cut(limit)
            limit -= bracket.num_configurations
        yield bracket
