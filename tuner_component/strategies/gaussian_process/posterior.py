"""What is believed about the function after some observations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tuner_component.strategies.gaussian_process.fit import Kernel, inverse_of

Array = npt.NDArray[np.float64]

_LEAST_VARIANCE = 1e-10


class Posterior:
    """A Gaussian process given observations.

    Args:
        kernel: The kernel.
        features: Shape `(n, num_features)`, n >= 1.
        targets: Shape `(n,)`.

    Reference:
        Rasmussen and Williams, 2006, Gaussian Processes for Machine Learning,
        eqs. 2.25 and 2.26; the mean is the constant that fits best.
    """

    def __init__(self, kernel: Kernel, features: Array, targets: Array) -> None:
        self._kernel = kernel
        self._features = features
        self._targets = targets
        self._inverse = inverse_of(kernel.factor(kernel.covariance(features, features)))
        ones = self._inverse.sum(1)
        self._mean = float(ones @ targets / ones.sum())
        self._solved = self._inverse @ (targets - self._mean)
        self._ones = ones

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Returns means and standard deviations of the function, without noise.

        Args:
            features: Shape `(m, num_features)`.

        Returns:
            Two arrays of shape `(m,)`; the second is > 0.
        """
        cross = self._cross(features)
        explained = ((cross @ self._inverse) * cross).sum(1)
        variance = self._kernel.variance(features) - explained
        least = np.maximum(variance, _LEAST_VARIANCE)
        return self._mean + cross @ self._solved, np.sqrt(least)

    def mean(self, features: Array) -> Array:
        """Returns the means of the function, shape `(m,)`.

        Args:
            features: Shape `(m, num_features)`.
        """
        return np.asarray(self._mean + self._cross(features) @ self._solved)

    def least_mean(self) -> float:
        """Returns the lowest mean at an observation: the best, less its luck."""
        return float(self.mean(self._features).min())

    def explained(self) -> float:
        """Returns R² of the targets, each predicted from all others; <= 1.

        Reference:
            Dubrule, 1983, Cross Validation of Kriging in a Unique Neighborhood (the
            mean of the process is estimated without the target, too).
        """
        precision = np.diag(self._inverse) - self._ones**2 / self._ones.sum()
        errors = self._solved / precision
        return float(1 - (errors**2).mean() / self._targets.var())

    def believing(self, features: Array) -> Posterior:
        """Returns what is believed if these were observed, each at its mean.

        Args:
            features: Shape `(m, num_features)`.

        Reference:
            Ginsbourger et al., 2010, Kriging Is Well-Suited to Parallelize
            Optimization, section 3.2.1.
        """
        return Posterior(
            self._kernel,
            np.concatenate([self._features, features]),
            np.concatenate([self._targets, self.mean(features)]),
        )

    def _cross(self, features: Array) -> Array:
        return self._kernel.covariance(features, self._features)
