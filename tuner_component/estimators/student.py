"""Student's distribution, without scipy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_MOST_FREEDOM = 200
"""Of Student's distribution; beyond that it is a normal one."""


def student_cdf(values: Array, freedom: int) -> Array:
    """Returns Student's cumulative distribution.

    Args:
        values: Of any shape.
        freedom: Degrees of freedom, >= 1.

    Reference:
        Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4: a finite sum for whole degrees.
    """
    freedom = min(freedom, _MOST_FREEDOM)
    angle = np.arctan(values / np.sqrt(freedom))
    squared = np.cos(angle) ** 2
    is_odd = freedom % 2
    term = np.cos(angle) if is_odd else np.ones_like(angle)
    total = np.zeros_like(angle) if freedom == 1 else term.copy()
    for factor in range(2 + is_odd, freedom - 1, 2):
        term = term * squared * (factor - 1) / factor
        total = total + term
    area = np.sin(angle) * total
    if is_odd:
        area = 2 / np.pi * (angle + area)
    found: Array = np.clip((1 + area) / 2, 0.0, 1.0)
    return found
