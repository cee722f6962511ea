"""Numeric parameters. The scales and steps are KerasTuner's."""

from __future__ import annotations

import dataclasses
import math
import numbers
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.scales import Sampling, fraction_of, value_at
from tuner_component.trial import Value

_WIDEST = sys.float_info.max
_MAX_STEPS = 1_000_000
_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True)
class _Numeric(Parameter):
    name: str
    low: float
    high: float
    step: float | None = None
    sampling: Sampling = "linear"
    default: Any = None
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        for field in ("low", "high", "step", "default"):
            if getattr(self, field) is not None:
                self._set(**{field: self._number(field, getattr(self, field))})
        self._set(
            sampling=str(self.sampling).lower(),
            conditions=tuple(self.conditions),
        )
        self._check_range()
        self._check_step()
        if self.default is None:
            self._set(default=self.low)
        elif not self.low <= self.default <= self.high:
            raise self._error(
                f"default={self.default!r}",
                f"a value from {self.low!r} to {self.high!r}",
                "Correct the default or leave it out.",
            )

    @property
    @override
    def is_ordered(self) -> bool:
        return True

    def _number(self, field: str, value: object) -> float:
        if _is_number(value) and math.isfinite(value):  # type: ignore[arg-type]
            return float(value)  # type: ignore[arg-type]
        raise self._error(f"{field}={value!r}", "a finite number", f"Correct {field}.")

    def _check_range(self) -> None:
        if self.sampling not in ("linear", "log", "reverse_log"):
            raise self._error(
                f"sampling={self.sampling!r}",
                "'linear', 'log' or 'reverse_log'",
                "Correct the spelling.",
            )
        if self.low > self.high:
            raise self._error(
                f"low={self.low!r} above high={self.high!r}",
                "low <= high",
                "Exchange the two.",
            )
        if self.sampling != "linear" and self.low <= 0:
            raise self._error(
                f"low={self.low!r} with sampling={self.sampling!r}",
                "low > 0",
                "Raise low, or use sampling='linear'.",
            )
        low, high = float(self.low), float(self.high)
        if not math.isfinite(high - low if self.sampling == "linear" else high / low):
            raise self._error(
                f"low={self.low!r} and high={self.high!r}",
                "a range that floating-point numbers can divide up, not wider than "
                f"{_WIDEST:.2g} ({'high / low' if low > 0 else 'high - low'})",
                "Raise low or lower high.",
            )

    def _check_step(self) -> None:
        if self.step is None:
            return
        least = 0 if self.sampling == "linear" else 1
        if self.step <= least:
            raise self._error(
                f"step={self.step!r} with sampling={self.sampling!r}",
                f"step > {least}",
                "Enlarge step or leave it out.",
            )


@dataclasses.dataclass(frozen=True)
class Float(_Numeric):
    """A real number.

    Attributes:
        name: Its name.
        low: Least value.
        high: Greatest value, included. (KerasTuner loses it where the division
            by `step` rounds down: `0` to `1` in steps of `0.1`. It is kept here.)
        step: None: any number between. Otherwise the distance between values or,
            on a logarithmic scale, the factor (> 1).
        sampling: The scale on which random values are uniform.
        default: From `low` to `high`; None: `low`.
        conditions: All must hold for the parameter to be active.
    """

    @override
    def _check_step(self) -> None:
        super()._check_step()
        if self.step is not None and self._num_steps() > _MAX_STEPS:
            raise self._error(
                f"step={self.step!r}, which makes {self._num_steps()} values",
                f"at most {_MAX_STEPS}",
                "Enlarge step, or leave it out for any number between the ends.",
            )

    @override
    def values(self) -> tuple[float, ...] | None:
        if self.low == self.high:
            return (self.low,)
        if self.step is None:
            return None
        return tuple(self._at(index) for index in range(self._num_steps()))

    @override
    def sample(self, rng: np.random.Generator) -> float:
        if self.step is not None:
            return self._at(int(rng.integers(self._num_steps())))
        return self._scaled(float(rng.random()))

    @override
    def decode(self, fraction: float) -> float:
        if self.step is None:
            return self._scaled(fraction)
        num_steps = self._num_steps()
        return self._at(min(int(fraction * num_steps), num_steps - 1))

    @override
    def encode(self, value: Value) -> float:
        if self.step is None:
            return fraction_of(float(value), self.low, self.high, self.sampling)
        return (self._nearest(float(value)) + 0.5) / self._num_steps()

    @override
    def canonical(self, value: object) -> float | None:
        if not _is_number(value):
            return None
        number = float(value) + 0.0  # type: ignore[arg-type]  # no -0.0
        if number < self.low - self._slack(self.low):
            return None
        if number > self.high + self._slack(self.high):
            return None
        number = min(max(number, self.low), self.high)
        if self.step is None or number == self.default:
            return number
        nearest = self._at(self._nearest(number))
        close = _TOLERANCE * (self.high - self.low)
        if math.isclose(number, nearest, rel_tol=_TOLERANCE, abs_tol=close):
            return nearest
        return None

    @override
    def grid(self, num_points: int) -> Sequence[Value]:
        """Returns all values, or points evenly spaced on the sampling scale.

        Both ends are points; a single point is the default.
        """
        values = self.values()
        if values is not None:
            return values
        if num_points == 1:
            return (float(self.default),)
        inner = (self._scaled(i / (num_points - 1)) for i in range(1, num_points - 1))
        return tuple(dict.fromkeys((self.low, *inner, self.high)))

    def _slack(self, end: float) -> float:
        return _TOLERANCE * min(abs(end), self.high - self.low)

    def _num_steps(self) -> int:
        step = self.step or math.inf
        if self.sampling == "linear":
            steps = (self.high - self.low) / step
        else:
            steps = math.log(self.high / self.low) / math.log(step)
        return int(steps + 1e-8) + 1

    def _at(self, index: int) -> float:
        step = self.step or 0.0
        if self.sampling == "linear":
            value = self.low + index * step
        else:
            value = self.low * step**index
        if self.sampling == "reverse_log":
            value = self.high + self.low - value
        return min(max(value, self.low), self.high)

    def nearest(self, value: float) -> float:
        """Returns the value nearest to a number of the range, on the own scale."""
        return value if self.step is None else self._at(self._nearest(value))

    def _nearest(self, value: float) -> int:
        step = self.step or math.inf
        if self.sampling == "reverse_log":
            value = self.high + self.low - value
        if self.sampling == "linear":
            index = (value - self.low) / step
        else:
            index = math.log(value / self.low) / math.log(step)
        return min(max(round(index), 0), self._num_steps() - 1)

    def _scaled(self, fraction: float) -> float:
        value = value_at(fraction, self.low, self.high, self.sampling)
        return min(max(value, self.low), self.high)


@dataclasses.dataclass(frozen=True)
class Int(_Numeric):
    """An integer.

    Attributes:
        name: Its name.
        low: Least value.
        high: Greatest value, included.
        step: None: every integer between. Otherwise the distance between values
            or, on a logarithmic scale, the factor (> 1).
        sampling: The scale on which random values are uniform.
        default: From `low` to `high`; None: `low`.
        conditions: All must hold for the parameter to be active.
    """

    low: int
    high: int
    step: int | None = None

    @override
    def _number(self, field: str, value: object) -> int:
        number = super()._number(field, value)
        if number != int(number):
            raise self._error(f"{field}={value!r}", "an integer", "Round it.")
        return int(value)  # type: ignore[call-overload, no-any-return]

    @override
    def _check_step(self) -> None:
        if self.step is None and self.sampling == "linear":
            self._set(step=1)
        super()._check_step()
        if self.high - self.low >= 2**63 - 1:
            raise self._error(
                f"{self.low} to {self.high}",
                "fewer than 2**63 integers",
                "Narrow the range, or use a Float.",
            )

    @override
    def values(self) -> Sequence[int]:
        if self.sampling == "linear" or self.step is None:
            return range(self.low, self.high + 1, self.step or 1)
        values = [self.low]
        while values[-1] * self.step <= self.high:
            values.append(values[-1] * self.step)
        if self.sampling == "reverse_log":
            return tuple(self.high + self.low - value for value in values)
        return tuple(values)

    @override
    def grid(self, num_points: int) -> Sequence[int]:
        return self.values()

    @override
    def sample(self, rng: np.random.Generator) -> int:
        if self.step is not None:
            values = self.values()
            return values[int(rng.integers(len(values)))]
        return self._scaled(float(rng.random()))

    @override
    def decode(self, fraction: float) -> int:
        if self.step is None:
            return self._scaled(fraction)
        values = self.values()
        return values[min(int(fraction * len(values)), len(values) - 1)]

    @override
    def encode(self, value: Value) -> float:
        if self.step is None:
            end = self.high + 1
            return fraction_of(float(value) + 0.5, self.low, end, self.sampling)
        return (self._nearest(int(value)) + 0.5) / len(self.values())

    @override
    def canonical(self, value: object) -> int | None:
        if not _is_number(value) or value != int(value):  # type: ignore[call-overload]
            return None
        number = int(value)  # type: ignore[call-overload]
        if number in self.values() or number == self.default:
            return int(number)
        return None

    def nearest(self, value: float) -> int:
        """Returns the value nearest to a number of the range, on the own scale."""
        return int(self.values()[self._nearest(value)])

    def _nearest(self, value: float) -> int:
        values = self.values()
        if isinstance(values, range):
            return min(round((value - self.low) / values.step), len(values) - 1)
        return min(range(len(values)), key=lambda index: abs(values[index] - value))

    def _scaled(self, fraction: float) -> int:
        # high + 1: each integer owns the unit interval above it.
        number = value_at(fraction, self.low, self.high + 1, self.sampling)
        return min(max(int(number), self.low), self.high)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return math.isfinite(value)
