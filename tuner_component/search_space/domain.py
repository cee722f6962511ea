"""One parameter's values, grouped by what they mean for other parameters."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Hashable, Mapping, Sequence

from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.ties import Chosen
from tuner_component.trial import Value


def nth_missing(present: Sequence[int], nth: int) -> int:
    """Returns the n-th number, counted from 0, of those not in `present`.

    Args:
        present: Non-negative integers in ascending order, without repeats.
        nth: At least 0.
    """
    for number in present:
        if number > nth:
            break
        nth += 1
    return nth


@dataclasses.dataclass(frozen=True)
class Group:
    """Values of a parameter that meet exactly the same conditions.

    Attributes:
        facts: The numbers of the conditions they meet.
        size: How many values.
        indices: Their indices in the domain, ascending; None: all that are
            not in `others`.
        others: Indices of the values of all other groups, ascending.
    """

    facts: frozenset[Hashable]
    size: int
    indices: tuple[int, ...] | None = None
    others: tuple[int, ...] = ()

    def index(self, offset: int) -> int:
        """Returns the domain's index of the group's value at `offset`."""
        if self.indices is None:
            return nth_missing(self.others, offset)
        return self.indices[offset]

    def offset(self, index: int) -> int | None:
        """Returns the inverse of `index`, or None for another group's value."""
        ordered = self.others if self.indices is None else self.indices
        position = bisect.bisect_left(ordered, index)
        listed = position < len(ordered) and ordered[position] == index
        if self.indices is None:
            return None if listed else index - position
        return position if listed else None


class Domain:
    """The values of one parameter, in groups.

    Args:
        parameter: The parameter.
        conditions: All conditions on it, with a number for each.
        grid_points: How many values it gets if there is no end of them.
        is_tied: Whether every value is a fact of its own, because constraints need
            it; there must be an end of them then.

    Attributes:
        values: The values, or None if there is no end of them.
        groups: Together they hold every value once. A value that is legal but
            not among `values` has a group of size 0.
    """

    def __init__(
        self,
        parameter: Parameter,
        conditions: Mapping[Condition, int],
        grid_points: int | None = None,
        *,
        is_tied: bool = False,
    ) -> None:
        self.values = parameter.grid(grid_points) if grid_points else parameter.values()
        self._indices = (
            {value: index for index, value in enumerate(self.values)}
            if isinstance(self.values, tuple)
            else None
        )
        group = self._separated if is_tied else self._grouped
        self.groups = group(parameter, conditions)

    def index(self, value: Value) -> int | None:
        """Returns the index of a canonical value, or None if it is not listed."""
        if self._indices is not None:
            return self._indices.get(value)
        if self.values is not None and value in self.values:
            return self.values.index(value)
        return None

    def _separated(
        self, parameter: Parameter, conditions: Mapping[Condition, int]
    ) -> tuple[Group, ...]:
        groups = []
        for index, value in enumerate(self.values or ()):
            met = {
                n for condition, n in conditions.items() if value in condition.values
            }
            facts = frozenset({*met, Chosen(parameter.name, value)})
            groups.append(Group(facts, 1, (index,)))
        return tuple(groups)

    def _grouped(
        self, parameter: Parameter, conditions: Mapping[Condition, int]
    ) -> tuple[Group, ...]:
        members: dict[frozenset[Hashable], list[int]] = {}
        meeting = [(set(condition.values), n) for condition, n in conditions.items()]
        for value in _mentioned(parameter, conditions):
            facts = frozenset(n for values, n in meeting if value in values)
            index = self.index(value)
            if facts:
                members.setdefault(facts, []).extend([] if index is None else [index])
        listed = tuple(sorted(index for some in members.values() for index in some))
        groups = [
            Group(facts, len(indices), tuple(sorted(indices)))
            for facts, indices in members.items()
        ]
        rest = 1 if self.values is None else len(self.values) - len(listed)
        if rest:
            groups.append(Group(frozenset(), rest, others=listed))
        return tuple(groups)


def _mentioned(
    parameter: Parameter, conditions: Mapping[Condition, int]
) -> dict[Value, None]:
    named = (each for c in conditions for v in c.values for each in _equal(v))
    own = map(parameter.canonical, named)
    return dict.fromkeys(value for value in own if value is not None)


def _equal(value: Value) -> tuple[Value, ...]:
    """Returns what `==` takes for the value: 1 is True, and 0 is False."""
    return (value, bool(value), int(value)) if value in (0, 1) else (value,)
