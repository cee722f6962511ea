"""What a candidate is worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr, logsumexp

Array = npt.NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))
_MAX_CELLS = 1_000_000
_LEAST_SIDE = 1e-15
"""Of two numbers nearly equal the difference is no less, as a share of one."""


def log_expected_improvement(
    mean: Array, stddev: Array, incumbent: float | Array
) -> Array:
    """Returns the logarithm of the expected improvement, for minimisation.

    It stays exact where the improvement itself is too small for a float.

    Args:
        mean: Posterior means, shape `(n,)`.
        stddev: Posterior standard deviations, shape `(n,)`, > 0.
        incumbent: The value to improve on.

    Returns:
        Shape `(n,)`.

    Reference:
        Ament et al., 2023, Unexpected Improvements to Expected Improvement for
        Bayesian Optimization, arXiv:2310.20708, eq. 9.
    """
    z = (incumbent - mean) / stddev
    return np.asarray(_log_h(z) + np.log(stddev))


def log_expected_hypervolume_improvement(
    means: Array, stddevs: Array, lower: Array, upper: Array
) -> Array:
    """Returns the logarithm of the hypervolume that is expected to be added.

    What a point adds is the sum over boxes of what it dominates of them, whose sides
    are independent: in each objective, the improvement on the upper end that is not
    one on the lower.

    Args:
        means: Of independent posteriors, shape `(n, num_objectives)`.
        stddevs: Of the same, > 0.
        lower: Corners of disjoint boxes that no point dominates, shape
            `(num_boxes, num_objectives)`; may be -inf.
        upper: The corners opposite, finite and greater.

    Returns:
        Shape `(n,)`.

    Reference:
        Yang et al., 2019, Efficient Computation of Expected Hypervolume Improvement
        Using Box Decomposition Algorithms, Journal of Global Optimization 75(1).
    """
    size = max(_MAX_CELLS // len(lower), 1)
    gains = np.empty(len(means))
    for begin in range(0, len(means), size):
        some = slice(begin, begin + size)
        sides = _log_sides(means[some], stddevs[some], lower, upper)
        gains[some] = logsumexp(sides, axis=1)
    return gains


def _log_sides(means: Array, stddevs: Array, lower: Array, upper: Array) -> Array:
    """Returns the logarithms of expected volumes, shape `(n, num_boxes)`."""
    total = np.zeros((len(means), len(lower)))
    for mean, stddev, low, high in zip(
        means.T, stddevs.T, lower.T, upper.T, strict=True
    ):
        ends, places = np.unique(np.concatenate([low, high]), return_inverse=True)
        finite = np.where(np.isfinite(ends), ends, 0.0)
        logs = log_expected_improvement(mean[:, None], stddev[:, None], finite)
        logs = np.where(np.isfinite(ends), logs, -np.inf)[:, places]
        less, more = logs[:, : len(low)], logs[:, len(low) :]
        gap = np.minimum(less - more, -_LEAST_SIDE)
        total += more + np.log(-np.expm1(gap))
    return total


def _log_h(z: Array) -> Array:
    """Returns log(phi(z) + z Phi(z))."""
    near = np.maximum(z, -1.0)
    direct = np.exp(-0.5 * near**2 - _LOG_SQRT_2PI) + near * np.exp(log_ndtr(near))
    far = np.minimum(z, -1.0)
    ratio = erfcx(-far / np.sqrt(2)) * np.sqrt(np.pi / 2)  # Phi / phi
    # Beyond 1e5, 1 + z Phi / phi cancels; it tends to 1 / z**2.
    tail = np.where(far > -1e5, np.log1p(np.maximum(far * ratio, -1 + 1e-11)), 0.0)
    tail = np.where(far > -1e5, tail, -2 * np.log(-far))
    return np.where(z > -1.0, np.log(direct), -0.5 * far**2 - _LOG_SQRT_2PI + tail)
