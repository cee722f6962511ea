"""What every numeric parameter has: a range, a scale and steps, all checked."""

from __future__ import annotations

import dataclasses
import math
import numbers
import sys
from typing import Any

from typing_extensions import override

from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.scales import Sampling

_WIDEST = sys.float_info.max


@dataclasses.dataclass(frozen=True)
class Numeric(Parameter):
    """A number of a range. The scales and steps are KerasTuner's.

    Attributes:
        name: Its name.
        low: Least value.
        high: Greatest value, included.
        step: The distance between values or, on a logarithmic scale, the factor.
        sampling: The scale on which random values are uniform.
        default: From `low` to `high`; None: `low`.
        conditions: All must hold for the parameter to be active.
    """

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
        if is_number(value) and math.isfinite(value):  # type: ignore[arg-type]
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


def is_number(value: object) -> bool:
    """Whether it is a finite real number, and not a Boolean."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return math.isfinite(value)
