"""A part of many observations that stands for all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def representative(losses: Array, size: int) -> npt.NDArray[np.int64]:
    """Returns which observations to keep: the best, the latest and some between.

    Half are the best. The others are spread over the search, closer to each other
    towards its end.

    Args:
        losses: In the order of the trials, shape `(n,)`; NaN for a failure.
        size: How many to keep, >= 1.

    Returns:
        Ascending indices, shape `(min(n, size),)`.
    """
    if len(losses) <= size:
        return np.arange(len(losses))
    order = np.argsort(losses, kind="stable")
    best, rest = order[: (size + 1) // 2], np.sort(order[(size + 1) // 2 :])
    count = size - len(best)
    shares = 1 - (np.arange(1, count + 1) / max(count, 1)) ** 2
    # Distinct, because the last of them go down in steps of at least one.
    places = np.minimum(shares * len(rest), len(rest) - 1 - np.arange(count))
    return np.sort(np.concatenate([best, rest[places.astype(int)]]))
