"""What a configuration must fulfil to be tried."""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from tuner_component.search_space import expression
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class Constraint:
    """An expression over hyperparameters that must be true.

    It holds where one of its hyperparameters is inactive: there is nothing to
    compare. It does not hold where its arithmetic is undefined, as in a division by
    zero.

    Attributes:
        text: The expression; see `expression` for the grammar.

    Raises:
        SearchSpaceError: Shows the place that is not understood.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(self.text.splitlines()).strip())
        self.tree  # noqa: B018 - read now, so that errors come now

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Returns whether a configuration fulfils the constraint.

        Args:
            values: The values of the active parameters.
        """
        if not self.names <= values.keys():
            return True
        try:
            return bool(self._evaluate(values))
        except ArithmeticError:
            return False

    @functools.cached_property
    def tree(self) -> ast.expr:
        """The expression, read."""
        return expression.parse(self.text)

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The hyperparameters that it names."""
        return frozenset(expression.names(self.tree))

    @functools.cached_property
    def _evaluate(self) -> Callable[[Mapping[str, Any]], Any]:
        return expression.compiled(self.tree, self.text)

    @override
    def __reduce__(self) -> tuple[type[Constraint], tuple[str]]:
        return Constraint, (self.text,)
