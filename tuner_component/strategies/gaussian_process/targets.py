"""Losses as targets of a regression: robust to outliers, on a common scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Array = npt.NDArray[np.float64]

_OFFSET = 0.1
_MOST_DISTANCES = 100.0
_LEAST_DISTANCE = 1e-290
_MOST_TIMES = 1e100


def tempered(losses: Array) -> Array:
    """Returns standardised losses, of which the worse half counts by rank only.

    Losses up to the median keep their distances. Those above become the normal
    quantiles of their ranks, so that a diverged training is not further away than
    the number of better ones says.

    Args:
        losses: Shape `(n,)`, n >= 1; NaN for a failure, which is as bad as the
            worst loss. At least one is a number.

    Returns:
        Shape `(n,)`, with mean 0 and standard deviation 1, or all 0.

    Reference:
        Song et al., 2024, The Vizier Gaussian Process Bandit Algorithm,
        arXiv:2408.11527, section 4.1 (half-rank warping).
    """
    losses = _scaled(losses)
    known = losses[~np.isnan(losses)]
    median = np.median(known)
    good = known[known <= median]
    spread = np.sqrt(np.mean((good - median) ** 2)) or known.std() or 1.0
    worse = median + spread * ndtri(np.maximum(_quantiles(known), 0.5))
    warped = np.full(len(losses), np.nan)
    warped[~np.isnan(losses)] = np.where(known <= median, known, worse)
    return standardised(np.where(np.isnan(losses), np.nanmax(warped), warped))


def ranked(losses: Array) -> Array:
    """Returns the standardised normal quantiles of the ranks of losses.

    They are the same on every scale, also one on which most of the range is bad.

    Args:
        losses: Shape `(n,)`, n >= 1; NaN for a failure, which is as bad as the
            worst loss. At least one is a number.

    Returns:
        Shape `(n,)`, with mean 0 and standard deviation 1, or all 0.
    """
    places = np.full(len(losses), np.nan)
    known = ~np.isnan(losses)
    places[known] = ndtri(_quantiles(losses[known]))
    return standardised(np.where(known, places, np.nanmax(places)))


def log_gaps(losses: Array) -> Array:
    """Returns standardised logarithms of how far losses are from the best.

    A tenth of the distance from the best to the median is added to each, so that
    differences among the best, which may be noise, count little more than others.
    Beyond a hundred times that distance losses differ no more.

    Args:
        losses: In the order of the trials, shape `(n,)`, n >= 1; NaN for a failure,
            which is as bad as the worst loss. At least one is a number.

    Returns:
        Shape `(n,)`, with mean 0 and standard deviation 1, or all 0.
    """
    losses = _scaled(losses)
    known = losses[~np.isnan(losses)]
    best = known.min()
    distance = max(np.median(known) - best or known.std(), _LEAST_DISTANCE)
    gaps = np.minimum(losses - best, _MOST_DISTANCES * distance)
    logs = np.log1p(gaps / (_OFFSET * distance))
    return standardised(np.where(np.isnan(logs), np.nanmax(logs), logs))


def _scaled(losses: Array) -> Array:
    """Returns losses whose squares are finite, and those of the good ones no zeros."""
    known = np.sort(losses[~np.isnan(losses)])
    good = float(np.abs(known[: len(known) // 2 + 1]).max()) or 1.0
    losses = np.minimum(losses, _MOST_TIMES * good)
    return np.asarray(losses / (np.nanmax(np.abs(losses)) or 1.0))


def _quantiles(numbers: Array) -> Array:
    """Returns the share of numbers below each; of equal ones, half count."""
    _, index, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    return np.asarray(np.minimum(middles, len(numbers) - 0.25)[index] / len(numbers))


def standardised(numbers: Array) -> Array:
    """Returns numbers with mean 0 and standard deviation 1, or all 0."""
    return np.asarray((numbers - numbers.mean()) / (numbers.std() or 1.0))
