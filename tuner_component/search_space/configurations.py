"""The configurations of a space as a sequence, without listing them.

A configuration is built parameter by parameter. Counting, and finding the n-th one, is
a walk over the layers of partial configurations, which `Layers` describes.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.domain import Group
from tuner_component.search_space.layers import (
    MAX_BRANCHES,
    Branch,
    Facts,
    Layers,
    TooManyBranchesError,
)
from tuner_component.search_space.parameter import Parameter
from tuner_component.trial import Value


class Configurations:
    """Every configuration of a space, numbered.

    Args:
        parameters: Parents before children.
        grid_points: How many values, at least 1, a parameter gets that has no end of
            them; None: all of them.
        constraints: What the configurations fulfil.

    Attributes:
        size: How many there are; None if there is no end of them, or if constraints
            tie so many values that they cannot be counted.
        reached: Indices of the parameters whose conditions some configuration
            meets, whatever the constraints.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        grid_points: int | None = None,
        constraints: Sequence[Constraint] = (),
    ) -> None:
        self._parameters, self._grid_points = parameters, grid_points
        self._layers = Layers(parameters, grid_points)
        self.reached = self._layers.reached()
        self.size: int | None = None
        if not self._layers.is_endless:
            self.size = self._constrained_size(constraints)
        self._known_ends: list[dict[Facts, list[int]]] = [
            {} for _ in self._layers.order
        ]

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """Yields every configuration once, in the order of their numbers.

        Raises:
            SearchSpaceError: If there is no end of them, or they cannot be counted.
        """
        if self.size is None:
            raise SearchSpaceError(
                "A space with a continuous parameter cannot be enumerated; expected "
                "grid_points or a step for every Float."
                if self._layers.is_endless
                else "The constraints tie too many values to enumerate what they "
                f"allow; expected at most {MAX_BRANCHES} combinations of them. Give "
                "the hyperparameters that they name larger steps."
            )
        return (
            self[number]
            for number in itertools.takewhile(self.size.__gt__, itertools.count())
        )

    def __getitem__(self, number: int) -> dict[str, Value]:
        """Returns the configuration with this number, from 0.

        Raises:
            IndexError: If there are not so many, or no end of them.
        """
        if self.size is None or number < 0:
            raise IndexError(f"There is no configuration {number} among {self.size}.")
        layers = self._layers
        facts: Facts = frozenset()
        chosen: dict[int, Value] = {}
        for position, index in enumerate(layers.order):
            group, facts, number = self._pick(position, facts, number)
            if group is not None:
                offset, number = divmod(number, layers.counts[position + 1][facts])
                values = layers.domains[position].values or ()
                chosen[index] = values[group.index(offset)]
        return {self._parameters[i].name: chosen[i] for i in sorted(chosen)}

    def _pick(
        self, position: int, facts: Facts, number: int
    ) -> tuple[Group | None, Facts, int]:
        ends = self._ends(position, facts)
        place = bisect.bisect_right(ends, number)
        if place == len(ends):
            raise IndexError(f"There are only {self.size} configurations.")
        group, after = self._layers.branches[position][facts][place]
        return group, after, number - (ends[place - 1] if place else 0)

    def _ends(self, position: int, facts: Facts) -> list[int]:
        """Returns how many configurations the branches have up to each, included."""
        known = self._known_ends[position]
        if facts not in known:
            counts = self._layers.counts[position + 1]
            known[facts] = [
                *itertools.accumulate(
                    counts[after] * (group.size if group else 1)
                    for group, after in self._layers.branches[position][facts]
                )
            ]
        return known[facts]

    def rank(self, values: Mapping[str, Value]) -> int | None:
        """Returns the number of a configuration, or None if it has none.

        Args:
            values: Canonical values of all active parameters.
        """
        facts: Facts = frozenset()
        number = 0
        for position, index in enumerate(self._layers.order):
            branches = self._layers.branches[position][facts]
            if not branches:
                return None
            if branches[0][0] is None:
                facts = branches[0][1]
                continue
            value = values[self._parameters[index].name]
            found = self._find(position, branches, value)
            if found is None:
                return None
            before, facts = found
            number += before
        return number

    def _find(
        self, position: int, branches: list[Branch], value: Value
    ) -> tuple[int, Facts] | None:
        index = self._layers.domains[position].index(value)
        before = 0
        for group, after in branches:
            completions = self._layers.counts[position + 1][after]
            if group is None or index is None:
                continue
            offset = group.offset(index)
            if offset is not None:
                return before + offset * completions, after
            before += group.size * completions
        return None

    def _constrained_size(self, constraints: Sequence[Constraint]) -> int | None:
        layers = self._layers
        tied = {name for constraint in constraints for name in constraint.names}
        sizes = [
            len(domain.values or ())
            for domain, index in zip(layers.domains, layers.order, strict=True)
            if self._parameters[index].name in tied
        ]
        if max(sizes, default=0) > MAX_BRANCHES:
            return None
        try:
            if constraints:
                self._layers = Layers(self._parameters, self._grid_points, constraints)
        except TooManyBranchesError:
            return None
        return self._layers.counts[0][frozenset()]
