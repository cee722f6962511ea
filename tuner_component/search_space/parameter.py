"""What all parameters of a search space have in common."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component.errors import SearchSpaceError
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class Condition:
    """Holds while a parent is active and has one of some values.

    Attributes:
        parent: Name of a parameter that comes earlier in the space.
        values: Values of the parent; compared with `==`, as KerasTuner does.
    """

    parent: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            raise SearchSpaceError(
                f"A condition on {self.parent!r} received no values; expected at "
                "least one. Name the parent's values that activate the parameter."
            )

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Returns whether the active `values` meet the condition."""
        return self.parent in values and values[self.parent] in self.values


class Parameter(abc.ABC):
    """One hyperparameter. Subclasses are frozen dataclasses.

    Every value that a parameter returns is a plain Python scalar.

    Attributes:
        name: Its name. Several parameters may share one, under different
            conditions; the first active one gives the value.
        default: The value of the first trial.
        conditions: All must hold for the parameter to be active.
    """

    name: str
    default: Any
    conditions: tuple[Condition, ...]

    @property
    @abc.abstractmethod
    def is_ordered(self) -> bool:
        """Whether values with neighbouring fractions, see `decode`, are alike."""

    @abc.abstractmethod
    def values(self) -> Sequence[Value] | None:
        """Returns every value once, or None if there is no end of them.

        A numeric default between two steps is legal but not one of them.
        """

    @abc.abstractmethod
    def sample(self, rng: np.random.Generator) -> Value:
        """Returns a random value."""

    @abc.abstractmethod
    def canonical(self, value: object) -> Value | None:
        """Returns the parameter's own form of `value`, or None if it has none.

        The integer 1 given for a float is 1.0, for example.
        """

    @abc.abstractmethod
    def decode(self, fraction: float) -> Value:
        """Returns the value at a place of the sampling scale.

        Fractions drawn evenly give the same values, equally often, as `sample`.

        Args:
            fraction: From 0 to 1.
        """

    @abc.abstractmethod
    def encode(self, value: Value) -> float:
        """Returns the fraction in the middle of those that `decode` to `value`.

        A numeric default between two steps counts as the nearest step.

        Args:
            value: A canonical value.
        """

    def on_grid(self, value: Value) -> Value:
        """Returns `value`, or the nearest step to a default between two steps.

        Args:
            value: A canonical value.
        """
        return value

    def contains(self, value: object) -> bool:
        """Returns whether `value` is a value of this parameter."""
        return self.canonical(value) is not None

    @abc.abstractmethod
    def grid(self, num_points: int) -> Sequence[Value]:
        """Returns all values, or `num_points` of them if there is no end of them.

        Args:
            num_points: At least 1.
        """

    def is_active(self, values: Mapping[str, Value]) -> bool:
        """Returns whether all conditions hold, given the values before it."""
        return all(condition.holds(values) for condition in self.conditions)

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def _error(self, received: str, expected: str, fix: str) -> SearchSpaceError:
        return SearchSpaceError(
            f"{type(self).__name__}({self.name!r}) received {received}; expected "
            f"{expected}. {fix}"
        )
