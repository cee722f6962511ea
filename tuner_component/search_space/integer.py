"""Parameters whose values are integers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from tuner_component.search_space.numeric import Numeric, is_number
from tuner_component.search_space.scales import fraction_of, value_at
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class Int(Numeric):
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
        if not is_number(value) or value != int(value):  # type: ignore[call-overload]
            return None
        number = int(value)  # type: ignore[call-overload]
        if number in self.values() or number == self.default:
            return int(number)
        return None

    @override
    def on_grid(self, value: Value) -> Value:
        return value if value in self.values() else self.nearest(float(value))

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
