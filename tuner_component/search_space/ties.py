"""What constraints need to know while a configuration is built."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Sequence

from tuner_component.search_space.constraint import Constraint
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The fact that a parameter has a value.

    Attributes:
        name: The parameter's name.
        value: Its value.
    """

    name: str
    value: Value


class Ties:
    """Constraints, each checked as soon as all it names is decided.

    Args:
        constraints: They name nothing that is not in `order`, or nothing at all.
        order: The names of the parameters in the order of their decision.

    Attributes:
        names: What some constraint names.
    """

    def __init__(self, constraints: Iterable[Constraint], order: Sequence[str]) -> None:
        self.names: frozenset[str] = frozenset()
        self._due: list[list[Constraint]] = [[] for _ in order]
        for constraint in constraints:
            named = [i for i, name in enumerate(order) if name in constraint.names]
            self._due[max(named, default=0)].append(constraint)
            self.names |= constraint.names
        self._needed = [self.names] * (len(order) + 1)
        needed: frozenset[str] = frozenset()
        for position in reversed(range(len(order) + 1)):
            self._needed[position] = needed
            if position:
                due = self._due[position - 1]
                needed = needed.union(*(constraint.names for constraint in due))

    def allow(self, position: int, facts: Iterable[Hashable]) -> bool:
        """Returns whether the constraints hold that can be checked at a position.

        Args:
            position: Of the parameter decided last.
            facts: What is known then.
        """
        due = self._due[position]
        if not due:
            return True
        chosen = {each.name: each.value for each in facts if isinstance(each, Chosen)}
        return all(constraint.holds(chosen) for constraint in due)

    def need(self, position: int, fact: Hashable) -> bool:
        """Returns whether a constraint checked at `position` or later needs a fact."""
        return isinstance(fact, Chosen) and fact.name in self._needed[position]
