"""The layers of partial configurations: one a parameter, with what can follow.

All that later parameters need to know of the earlier ones is which of their
conditions are met and which names are taken: the facts. Partial configurations with
the same facts have the same number of completions, so a layer holds sets of facts
instead of their product. Facts that nobody needs any more are dropped, which keeps
them few. Constraints add the values that they name to the facts, from where each is
chosen to where the last constraint on it is checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.domain import Domain, Group
from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.ties import Ties
from tuner_component.search_space.walk_order import depth_first

Facts = frozenset[Hashable]
Branch = tuple[Group | None, Facts]
"""Values that lead on to the same facts; no group: the parameter is inactive."""

MAX_BRANCHES = 200_000
"""Constraints that need more of them are not counted with."""


class TooManyBranchesError(Exception):
    """Constraints tie too many values together."""


class Layers:
    """What can follow on each partial configuration, parameter by parameter.

    Args:
        parameters: Parents before children.
        grid_points: How many values, at least 1, a parameter gets that has no end of
            them; None: all of them.
        constraints: What the configurations fulfil; none if a parameter that one
            names has no end of values.

    Attributes:
        order: Indices of the parameters in the order of their layers.
        domains: The values of the parameter of each layer.
        branches: Of each layer: facts known so far -> what can follow.
        counts: Of each layer, and of the end: facts -> how many completions.

    Raises:
        TooManyBranchesError: If there are more than `MAX_BRANCHES` with constraints.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        grid_points: int | None = None,
        constraints: Sequence[Constraint] = (),
    ) -> None:
        self._parameters = parameters
        self.order = depth_first(parameters)
        by_parent = _numbered_conditions(parameters)
        self._conditions = [
            frozenset(by_parent[c.parent][c] for c in parameter.conditions)
            for parameter in parameters
        ]
        names = [parameters[index].name for index in self.order]
        ties = Ties(constraints, names)
        self.domains = [
            Domain(
                parameters[index],
                by_parent[name],
                grid_points,
                is_tied=name in ties.names,
            )
            for index, name in zip(self.order, names, strict=True)
        ]
        self.branches = self._walk(ties)
        self.counts = self._count()

    @property
    def is_endless(self) -> bool:
        """Whether some parameter that can be active has no end of values."""
        return any(
            domain.values is None and group is not None
            for domain, layer in zip(self.domains, self.branches, strict=True)
            for branches in layer.values()
            for group, _ in branches
        )

    def reached(self) -> set[int]:
        """Returns the indices of the parameters that can be active."""
        return {
            index
            for index, layer in zip(self.order, self.branches, strict=True)
            if any(facts >= self._conditions[index] for facts in layer)
        }

    def _walk(self, ties: Ties) -> list[dict[Facts, list[Branch]]]:
        needed = self._needed()
        layers: list[dict[Facts, list[Branch]]] = []
        reached: set[Facts] = {frozenset()}
        num_left = MAX_BRANCHES
        for position, index in enumerate(self.order):
            layer = {}
            for facts in reached:
                options = self._options(position, index, facts)
                num_left -= len(options) if ties.names else 0
                if num_left < 0:
                    raise TooManyBranchesError
                layer[facts] = [
                    (group, self._kept(added, needed[position + 1], position, ties))
                    for group, added in options
                    if ties.allow(position, added)
                ]
            layers.append(layer)
            reached = {after for branches in layer.values() for _, after in branches}
        return layers

    def _kept(self, facts: Facts, needed: Facts, position: int, ties: Ties) -> Facts:
        kept = facts & needed
        if not ties.names:
            return kept
        return kept.union(fact for fact in facts if ties.need(position + 1, fact))

    def _options(self, position: int, index: int, facts: Facts) -> list[Branch]:
        parameter = self._parameters[index]
        if parameter.name in facts or not facts >= self._conditions[index]:
            return [(None, facts)]
        return [
            (group, facts | group.facts | {parameter.name})
            for group in self.domains[position].groups
        ]

    def _needed(self) -> list[Facts]:
        needed: list[Facts] = [frozenset()]
        for index in reversed(self.order):
            parameter = self._parameters[index]
            needed.append(needed[-1] | {parameter.name} | self._conditions[index])
        return needed[::-1]

    def _count(self) -> list[dict[Facts, int]]:
        counts: list[dict[Facts, int]] = [defaultdict(lambda: 1)]
        for layer in reversed(self.branches):
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


def _numbered_conditions(
    parameters: Sequence[Parameter],
) -> dict[str, dict[Condition, int]]:
    """Returns the conditions on each parent, each with a number of its own."""
    numbered: dict[str, dict[Condition, int]] = defaultdict(dict)
    distinct = dict.fromkeys(c for each in parameters for c in each.conditions)
    for number, condition in enumerate(distinct):
        numbered[condition.parent][condition] = number
    return numbered
