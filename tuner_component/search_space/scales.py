"""The scales on which numbers are spaced evenly. They are KerasTuner's."""

from __future__ import annotations

import math
from typing import Literal

Sampling = Literal["linear", "log", "reverse_log"]


def value_at(fraction: float, low: float, high: float, sampling: Sampling) -> float:
    """Returns what is at a fraction, from 0 to 1, of the way from `low` to `high`."""
    if sampling == "linear":
        return low + fraction * (high - low)
    if sampling == "log":
        return low * math.pow(high / low, fraction)
    return high + low - low * math.pow(high / low, 1 - fraction)


def fraction_of(value: float, low: float, high: float, sampling: Sampling) -> float:
    """Returns the inverse of `value_at`, from 0 to 1; 0.5 where nothing varies."""
    if low == high:
        return 0.5
    if sampling == "linear":
        fraction = (value - low) / (high - low)
    elif sampling == "log":
        fraction = math.log(value / low) / math.log(high / low)
    else:
        fraction = 1 - math.log((high + low - value) / low) / math.log(high / low)
    return min(max(fraction, 0.0), 1.0)
