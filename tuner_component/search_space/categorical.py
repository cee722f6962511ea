"""Parameters with a list of values."""

from __future__ import annotations

import abc
import dataclasses
import math
from typing import Any

import numpy as np
from typing_extensions import override

from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.trial import Value


class _Listed(Parameter):
    @property
    @override
    def is_ordered(self) -> bool:
        return False

    @override
    @abc.abstractmethod
    def values(self) -> tuple[Value, ...]: ...

    @override
    def grid(self, num_points: int) -> tuple[Value, ...]:
        return self.values()

    @override
    def sample(self, rng: np.random.Generator) -> Value:
        values = self.values()
        return values[int(rng.integers(len(values)))]

    @override
    def decode(self, fraction: float) -> Value:
        values = self._along()
        return values[min(int(fraction * len(values)), len(values) - 1)]

    @override
    def encode(self, value: Value) -> float:
        values = self._along()
        return (values.index(value) + 0.5) / len(values)

    def _along(self) -> tuple[Value, ...]:
        """Returns the values so that neighbours are alike, where any are."""
        return self.values()

    @override
    def canonical(self, value: object) -> Value | None:
        return next((known for known in self.values() if known == value), None)


@dataclasses.dataclass(frozen=True)
class Choice(_Listed):
    """One of several values of one type.

    Attributes:
        name: Its name.
        choices: The values: all strings, all integers, all floats or all
            booleans.
        ordered: Whether neighbours are alike; None: numbers are, others not.
        default: One of the values; None: the first.
        conditions: All must hold for the parameter to be active.
    """

    name: str
    choices: tuple[Value, ...]
    ordered: bool | None = None
    default: Any = None
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        self._set(
            choices=tuple(_plain(value) for value in self.choices),
            conditions=tuple(self.conditions),
        )
        self._check_choices()
        numeric = isinstance(self.choices[0], int | float)
        if self.ordered and not numeric:
            raise self._error("ordered=True with strings", "numbers", "Leave it out.")
        default = self.choices[0] if self.default is None else self.default
        if not self.contains(default):
            raise self._error(
                f"default={default!r}",
                f"one of {list(self.choices)}",
                "Correct the default or leave it out.",
            )
        self._set(
            default=self.canonical(default),
            ordered=numeric if self.ordered is None else self.ordered,
        )

    def _check_choices(self) -> None:
        if not self.choices:
            raise self._error("no values", "at least one", "List the values.")
        if len({type(value) for value in self.choices}) > 1 or not all(
            _is_value(value) for value in self.choices
        ):
            raise self._error(
                f"the values {list(self.choices)}",
                "values of one type: all str, all int, all finite float or all bool",
                "Write them alike, 1.0 instead of 1 for instance.",
            )

    @property
    @override
    def is_ordered(self) -> bool:
        return bool(self.ordered)

    @override
    def values(self) -> tuple[Value, ...]:
        return tuple(dict.fromkeys(self.choices))

    @override
    def _along(self) -> tuple[Value, ...]:
        return tuple(sorted(self.values())) if self.is_ordered else self.values()


@dataclasses.dataclass(frozen=True)
class Boolean(_Listed):
    """True or False.

    Attributes:
        name: Its name.
        default: The value of the first trial.
        conditions: All must hold for the parameter to be active.
    """

    name: str
    default: Any = False
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        self._set(conditions=tuple(self.conditions))
        if not self.contains(self.default):
            raise self._error(
                f"default={self.default!r}", "True or False", "Correct the default."
            )
        self._set(default=bool(self.default))

    @override
    def values(self) -> tuple[Value, ...]:
        return (True, False)


@dataclasses.dataclass(frozen=True)
class Fixed(_Listed):
    """A single value.

    Attributes:
        name: Its name.
        value: The value.
        conditions: All must hold for the parameter to be active.
    """

    name: str
    value: Value
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        self._set(value=_plain(self.value), conditions=tuple(self.conditions))
        if not _is_value(self.value):
            raise self._error(
                f"{self.value!r} of type {type(self.value).__name__}",
                "a string, an integer, a finite float or a boolean",
                "Keep other objects in your own module and fix a name for them.",
            )

    @property
    @override
    def default(self) -> Value:
        """The value."""
        return self.value

    @override
    def values(self) -> tuple[Value, ...]:
        return (self.value,)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _is_value(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)
