"""The configurations of a space as a sequence, without listing them.

A configuration is built parameter by parameter. All that later parameters need to
know of the earlier ones is which of their conditions are met and which names are
taken: the facts. Partial configurations with the same facts have the same number
of completions, so counting, and finding the n-th one, is a walk over the sets of
facts instead of the product. Children follow their parents closely in the order of
the walk, and facts that nobody needs any more are dropped, which keeps them few.
Constraints add the values that they name to the facts, from where each is chosen to
where the last constraint on it is checked.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.domain import Domain, Group
from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.ties import Ties
from tuner_component.trial import Value

_Facts = frozenset[Hashable]
_Branch = tuple[Group | None, _Facts]
"""Values that lead on to the same facts; no group: the parameter is inactive."""

_MAX_BRANCHES = 200_000
"""Constraints that need more of them are not counted with."""


class _TooManyError(Exception):
    pass


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
        self._parameters = parameters
        self._grid_points = grid_points
        self._order = _depth_first(parameters)
        self._by_parent: dict[str, dict[Condition, int]] = defaultdict(dict)
        for number, condition in enumerate(_distinct_conditions(parameters)):
            self._by_parent[condition.parent][condition] = number
        self._conditions = [
            frozenset(self._by_parent[c.parent][c] for c in parameter.conditions)
            for parameter in parameters
        ]
        self._lay_out(())
        self.reached = {
            index
            for index, layer in zip(self._order, self._branches, strict=True)
            if any(facts >= self._conditions[index] for facts in layer)
        }
        self.size: int | None = None
        if not self._is_endless():
            self.size = self._constrained_size(constraints)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """Yields every configuration once, in the order of their numbers.

        Raises:
            SearchSpaceError: If there is no end of them, or they cannot be counted.
        """
        if self.size is None:
            raise SearchSpaceError(
                "A space with a continuous parameter cannot be enumerated; expected "
                "grid_points or a step for every Float."
                if self._is_endless()
                else "The constraints tie too many values to enumerate what they "
                f"allow; expected at most {_MAX_BRANCHES} combinations of them. Give "
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
        facts: _Facts = frozenset()
        chosen: dict[int, Value] = {}
        for position, index in enumerate(self._order):
            group, facts, number = self._pick(position, facts, number)
            if group is not None:
                offset, number = divmod(number, self._counts[position + 1][facts])
                values = self._domains[position].values or ()
                chosen[index] = values[group.index(offset)]
        return {self._parameters[i].name: chosen[i] for i in sorted(chosen)}

    def _pick(
        self, position: int, facts: _Facts, number: int
    ) -> tuple[Group | None, _Facts, int]:
        ends = self._ends(position, facts)
        place = bisect.bisect_right(ends, number)
        if place == len(ends):
            raise IndexError(f"There are only {self.size} configurations.")
        group, after = self._branches[position][facts][place]
        return group, after, number - (ends[place - 1] if place else 0)

    def _ends(self, position: int, facts: _Facts) -> list[int]:
        """Returns how many configurations the branches have up to each, included."""
        known = self._known_ends[position]
        if facts not in known:
            counts = self._counts[position + 1]
            known[facts] = [
                *itertools.accumulate(
                    counts[after] * (group.size if group else 1)
                    for group, after in self._branches[position][facts]
                )
            ]
        return known[facts]

    def rank(self, values: Mapping[str, Value]) -> int | None:
        """Returns the number of a configuration, or None if it has none.

        Args:
            values: Canonical values of all active parameters.
        """
        facts: _Facts = frozenset()
        number = 0
        for position, index in enumerate(self._order):
            branches = self._branches[position][facts]
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
        self, position: int, branches: list[_Branch], value: Value
    ) -> tuple[int, _Facts] | None:
        index = self._domains[position].index(value)
        before = 0
        for group, after in branches:
            completions = self._counts[position + 1][after]
            if group is None or index is None:
                continue
            offset = group.offset(index)
            if offset is not None:
                return before + offset * completions, after
            before += group.size * completions
        return None

    def _is_endless(self) -> bool:
        return any(
            domain.values is None and group is not None
            for domain, layer in zip(self._domains, self._branches, strict=True)
            for branches in layer.values()
            for group, _ in branches
        )

    def _constrained_size(self, constraints: Sequence[Constraint]) -> int | None:
        tied = {name for constraint in constraints for name in constraint.names}
        sizes = [
            len(domain.values or ())
            for domain, index in zip(self._domains, self._order, strict=True)
            if self._parameters[index].name in tied
        ]
        if max(sizes, default=0) > _MAX_BRANCHES:
            return None
        try:
            if constraints:
                self._lay_out(constraints)
        except _TooManyError:
            return None
        return self._counts[0][frozenset()]

    def _lay_out(self, constraints: Sequence[Constraint]) -> None:
        names = [self._parameters[index].name for index in self._order]
        ties = Ties(constraints, names)
        self._domains = [
            Domain(
                self._parameters[index],
                self._by_parent[name],
                self._grid_points,
                is_tied=name in ties.names,
            )
            for index, name in zip(self._order, names, strict=True)
        ]
        self._branches = self._walk(ties)
        self._counts = self._count()
        self._known_ends: list[dict[_Facts, list[int]]] = [{} for _ in self._branches]

    def _walk(self, ties: Ties) -> list[dict[_Facts, list[_Branch]]]:
        needed = self._needed()
        layers: list[dict[_Facts, list[_Branch]]] = []
        reached: set[_Facts] = {frozenset()}
        num_left = _MAX_BRANCHES
        for position, index in enumerate(self._order):
            layer = {}
            for facts in reached:
                options = self._options(position, index, facts)
                num_left -= len(options) if ties.names else 0
                if num_left < 0:
                    raise _TooManyError
                layer[facts] = [
                    (group, self._kept(added, needed[position + 1], position, ties))
                    for group, added in options
                    if ties.allow(position, added)
                ]
            layers.append(layer)
            reached = {after for branches in layer.values() for _, after in branches}
        return layers

    def _kept(self, facts: _Facts, needed: _Facts, position: int, ties: Ties) -> _Facts:
        kept = facts & needed
        if not ties.names:
            return kept
        return kept.union(fact for fact in facts if ties.need(position + 1, fact))

    def _options(self, position: int, index: int, facts: _Facts) -> list[_Branch]:
        parameter = self._parameters[index]
        if parameter.name in facts or not facts >= self._conditions[index]:
            return [(None, facts)]
        return [
            (group, facts | group.facts | {parameter.name})
            for group in self._domains[position].groups
        ]

    def _needed(self) -> list[_Facts]:
        needed: list[_Facts] = [frozenset()]
        for index in reversed(self._order):
            parameter = self._parameters[index]
            needed.append(needed[-1] | {parameter.name} | self._conditions[index])
        return needed[::-1]

    def _count(self) -> list[dict[_Facts, int]]:
        counts: list[dict[_Facts, int]] = [defaultdict(lambda: 1)]
        for layer in reversed(self._branches):
            counts.append(
                {
                    facts: sum(
                        counts[-1][after] * (group.size if group else 1)
                        for group, after in branches
                    )
                    for facts, branches in layer.items()
                }
            )
        counts.reverse()
        return counts


def _distinct_conditions(parameters: Sequence[Parameter]) -> dict[Condition, None]:
    return dict.fromkeys(c for parameter in parameters for c in parameter.conditions)


def _depth_first(parameters: Sequence[Parameter]) -> list[int]:
    """Returns the indices so that children follow closely on their parents."""
    needs = _earlier(parameters)
    followers: dict[int, list[int]] = defaultdict(list)
    for index, earlier in enumerate(needs):
        for parent in earlier:
            followers[parent].append(index)
    ready = [index for index in reversed(range(len(needs))) if not needs[index]]
    order = []
    while ready:
        index = ready.pop()
        order.append(index)
        for follower in reversed(followers[index]):
            needs[follower].discard(index)
            if not needs[follower]:
                ready.append(follower)
    return order


def _earlier(parameters: Sequence[Parameter]) -> list[set[int]]:
    """Returns, for each parameter, the indices that must come before it.

    These are its parents, those that share its name, and, because a condition
    sees only what comes before it, those that have it for a parent.
    """
    named: dict[str, list[int]] = defaultdict(list)
    watching: dict[str, list[int]] = defaultdict(list)
    needs = []
    for index, parameter in enumerate(parameters):
        parents = {condition.parent for condition in parameter.conditions}
        earlier = {*named[parameter.name], *watching[parameter.name]}
        needs.append(earlier.union(*(named[parent] for parent in parents)))
        named[parameter.name].append(index)
        for parent in parents:
            watching[parent].append(index)
    return needs
