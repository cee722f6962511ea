"""The most probable kernel."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize

from tuner_component.strategies.gaussian_process.kernel import (
    exponential,
    main_effects,
    matern,
    matern_slope,
    squared_distances,
)
from tuner_component.strategies.gaussian_process.prior import Prior

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_JITTER = 1e-6
_STARTS = ((0.0, 0.0), (1.5, -2.0))
"""Shifts of all log weights and of the log noise, in prior standard deviations."""
_MAX_SHIFT = 4.0


@dataclasses.dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel: a function of weighted distances, and noise.

    The function is a sum of two. One has the product of a Matern 5/2 function of the
    distance in ordered features and an exponential one of the squared distance in the
    others. The other is a sum of main effects, one a feature: what holds wherever
    the other features are, so that it tells of places far from all observations.

    Attributes:
        weights: Inverse squared lengthscales, one a feature, shape
            `(num_features,)`.
        ordered: Which features are ordered, shape `(num_features,)`.
        signal: Variance of the first function.
        noise: Variance of the noise.
        effect: Variance of each main effect.

    Reference:
        Duvenaud et al., 2011, Additive Gaussian Processes, arXiv:1112.4394 (orders 1
        and all).
    """

    weights: Array
    ordered: Flags
    signal: float
    noise: float
    effect: float

    def covariance(self, left: Array, right: Array) -> Array:
        """Returns the covariances of the function between rows of features.

        Args:
            left: Shape `(n, num_features)`.
            right: Shape `(m, num_features)`.

        Returns:
            Shape `(n, m)`.
        """
        common = main_effects(left, self.ordered) @ main_effects(right, self.ordered).T
        return np.asarray(
            self.signal * self.correlation(left, right) + self.effect * common
        )

    def variance(self, features: Array) -> Array:
        """Returns the variance of the function at rows of features, shape `(n,)`."""
        effects = main_effects(features, self.ordered)
        return np.asarray(self.signal + self.effect * (effects**2).sum(1))

    def correlation(self, left: Array, right: Array) -> Array:
        """Returns the correlations of the first function between rows of features.

        Args:
            left: Shape `(n, num_features)`.
            right: Shape `(m, num_features)`.

        Returns:
            Shape `(n, m)`.
        """
        by_order, by_kind = self.distances(left, right)
        return np.asarray(matern(by_order) * exponential(by_kind))

    def distances(self, left: Array, right: Array) -> tuple[Array, Array]:
        """Returns weighted squared distances in ordered and in other features.

        Args:
            left: Shape `(n, num_features)`.
            right: Shape `(m, num_features)`.

        Returns:
            Two arrays of shape `(n, m)`.
        """
        roots, ordered = np.sqrt(self.weights), self.ordered
        left, right = left * roots, right * roots
        return (
            squared_distances(left[:, ordered], right[:, ordered]),
            squared_distances(left[:, ~ordered], right[:, ~ordered]),
        )

    def factor(self, covariance: Array) -> Array:
        """Returns the lower Cholesky factor of the covariance of observations.

        Args:
            covariance: Of the function, shape `(n, n)`.
        """
        covariance = covariance.copy()
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
    common = _common(features, prior.ordered)

    def loss(shift: Array) -> tuple[float, Array]:
        kernel = _kernel(prior, shift)
        value, slope = negative_log_likelihood(features, targets, kernel, common)
        by_weights = np.bincount(prior.owner, slope[:-3], prior.num_weights)
        by_theta = np.concatenate([by_weights, slope[-3:]])
        return value + 0.5 * float(shift @ shift), by_theta * prior.stddevs + shift

    found = [
        optimize.minimize(
            loss,
            np.array([weight] * prior.num_weights + [0.0, noise, 0.0]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_MAX_SHIFT, _MAX_SHIFT)] * len(prior.means),
            options={"maxiter": 50, "ftol": 1e-6, "gtol": 1e-3},
        )
        for weight, noise in _STARTS
    ]
    return _kernel(prior, min(found, key=lambda each: float(each.fun)).x)


def negative_log_likelihood(
    features: Array, targets: Array, kernel: Kernel, common: Array | None = None
) -> tuple[float, Array]:
    """Returns the negative log marginal likelihood, up to a constant.

    The mean of the process is the constant that fits best.

    Args:
        features: Shape `(n, num_features)`.
        targets: Shape `(n,)`.
        kernel: The kernel.
        common: What `features` share of the main effects, shape `(n, n)`; None: it is
            worked out.

    Returns:
        The value, and its derivatives by the logarithms of the weights, of the
        signal, of the noise and of the effect, shape `(num_features + 3,)`.
    """
    by_order, by_kind = kernel.distances(features, features)
    similar, alike = matern(by_order), exponential(by_kind)
    correlation = similar * alike
    if common is None:
        common = _common(features, kernel.ordered)
    factor = kernel.factor(kernel.signal * correlation + kernel.effect * common)
    inverse = inverse_of(factor)
    ones = inverse.sum(1)
    centred = targets - ones @ targets / ones.sum()
    solved = inverse @ centred
    value = 0.5 * centred @ solved + np.log(np.diag(factor)).sum()
    by_covariance = 0.5 * (inverse - np.outer(solved, solved))  # eq. 5.9
    by_function = kernel.signal * by_covariance
    by_weights = kernel.weights * np.where(
        kernel.ordered,
        _moments(by_function * matern_slope(by_order) * alike, features),
        _moments(-by_function * correlation, features),
    )
    by_signal = kernel.signal * (by_covariance * correlation).sum()
    by_noise = kernel.noise * np.trace(by_covariance)
    by_effect = kernel.effect * (by_covariance * common).sum()
    return float(value), np.concatenate([by_weights, [by_signal, by_noise, by_effect]])


def _common(features: Array, ordered: Flags) -> Array:
    effects = main_effects(features, ordered)
    return np.asarray(effects @ effects.T)


def _moments(numbers: Array, features: Array) -> Array:
    """Returns the sum over i, j of numbers[i, j] * (features[i] - features[j]) ** 2."""
    crossed = (features * (numbers @ features)).sum(0)
    return np.asarray(2 * (numbers.sum(1) @ features**2 - crossed))


def inverse_of(factor: Array) -> Array:
    """Returns the inverse of the matrix with this lower Cholesky factor."""
    lower, _ = linalg.lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _kernel(prior: Prior, shift: Array) -> Kernel:
    theta = np.exp(prior.means + prior.stddevs * shift)
    weights, (signal, noise, effect) = theta[:-3][prior.owner], theta[-3:]
    return Kernel(weights, prior.ordered, float(signal), float(noise), float(effect))
