"""The most probable kernel."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize

from tuner_component.strategies.gaussian_process.kernel import (
    matern,
    matern_slope,
    squared_distances,
)
from tuner_component.strategies.gaussian_process.prior import Prior

Array = npt.NDArray[np.float64]

_JITTER = 1e-6
_STARTS = ((0.0, 0.0), (1.5, -2.0))
"""Shifts of all log weights and of the log noise, in prior standard deviations."""
_MAX_SHIFT = 4.0


@dataclasses.dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel: a Matern 5/2 function of the weighted distance, and noise.

    Attributes:
        weights: Inverse squared lengthscales, one a feature, shape
            `(num_features,)`.
        signal: Variance of the function.
        noise: Variance of the noise.
    """

    weights: Array
    signal: float
    noise: float

    def factor(self, correlation: Array) -> Array:
        """Returns the lower Cholesky factor of the covariance of observations.

        Args:
            correlation: Of the function, shape `(n, n)`.
        """
        covariance = self.signal * correlation
        covariance[np.diag_indices_from(covariance)] += self.noise + _JITTER
        return np.asarray(linalg.cholesky(covariance, lower=True, check_finite=False))


def fit(features: Array, targets: Array, prior: Prior) -> Kernel:
    """Returns the kernel with the highest posterior density.

    Args:
        features: Shape `(n, num_features)`, n >= 1.
        targets: Shape `(n,)`, standardised.
        prior: Of the logarithms of the kernel's parameters.

    Reference:
        Rasmussen and Williams, 2006, Gaussian Processes for Machine Learning,
        eqs. 5.8 and 5.9, times the prior.
    """

    def loss(shift: Array) -> tuple[float, Array]:
        kernel = _kernel(prior, shift)
        value, slope = negative_log_likelihood(features, targets, kernel)
        by_weights = np.bincount(prior.owner, slope[:-2], prior.num_weights)
        by_theta = np.concatenate([by_weights, slope[-2:]])
        return value + 0.5 * float(shift @ shift), by_theta * prior.stddevs + shift

    found = [
        optimize.minimize(
            loss,
            np.array([weight] * prior.num_weights + [0.0, noise]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_MAX_SHIFT, _MAX_SHIFT)] * len(prior.means),
            options={"maxiter": 50, "ftol": 1e-6, "gtol": 1e-3},
        )
        for weight, noise in _STARTS
    ]
    return _kernel(prior, min(found, key=lambda each: float(each.fun)).x)


def negative_log_likelihood(
    features: Array, targets: Array, kernel: Kernel
) -> tuple[float, Array]:
    """Returns the negative log marginal likelihood, up to a constant.

    The mean of the process is the constant that fits best.

    Args:
        features: Shape `(n, num_features)`.
        targets: Shape `(n,)`.
        kernel: The kernel.

    Returns:
        The value, and its derivatives by the logarithms of the weights, of the
        signal and of the noise, shape `(num_features + 2,)`.
    """
    scaled = features * np.sqrt(kernel.weights)
    squared = squared_distances(scaled, scaled)
    correlation = matern(squared)
    factor = kernel.factor(correlation)
    inverse = inverse_of(factor)
    ones = inverse.sum(1)
    centred = targets - ones @ targets / ones.sum()
    solved = inverse @ centred
    value = 0.5 * centred @ solved + np.log(np.diag(factor)).sum()
    by_covariance = 0.5 * (inverse - np.outer(solved, solved))  # eq. 5.9
    by_squared = kernel.signal * by_covariance * matern_slope(squared)
    # sum over i, j of by_squared[i, j] * (scaled[i] - scaled[j]) ** 2
    by_weights = 2 * (
        by_squared.sum(1) @ scaled**2 - (scaled * (by_squared @ scaled)).sum(0)
    )
    by_signal = kernel.signal * (by_covariance * correlation).sum()
    by_noise = kernel.noise * np.trace(by_covariance)
    return float(value), np.concatenate([by_weights, [by_signal, by_noise]])


def inverse_of(factor: Array) -> Array:
    """Returns the inverse of the matrix with this lower Cholesky factor."""
    lower, _ = linalg.lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _kernel(prior: Prior, shift: Array) -> Kernel:
    theta = np.exp(prior.means + prior.stddevs * shift)
    return Kernel(theta[:-2][prior.owner], float(theta[-2]), float(theta[-1]))
