"""What a candidate is worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr

Array = npt.NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))


def log_expected_improvement(mean: Array, stddev: Array, incumbent: float) -> Array:
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
