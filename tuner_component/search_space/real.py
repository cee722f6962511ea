"""Parameters whose values are real numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from tuner_component.search_space.numeric import Numeric, is_number
from tuner_component.search_space.scales import fraction_of, value_at
from tuner_component.trial import Value

_MAX_STEPS = 1_000_000
_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True)
class Float(Numeric):
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
        if not is_number(value):
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

    @override
    def on_grid(self, value: Value) -> Value:
        return self.nearest(float(value))

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
