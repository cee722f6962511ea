"""How likely a loss is another than those nearby."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import expit, log_expit

from tuner_component.strategies.gaussian_process.fit import Kernel
from tuner_component.strategies.gaussian_process.kernel import squared_distances

Array = npt.NDArray[np.float64]

_LEAST_DISTANCE = 1e-4
_START = (0.0, 0.5, 0.5)
_PRIOR_STDDEVS = np.array([3.0, 2.0, 2.0])
_MOST = 10.0


class Repeats:
    """The chance that a place repeats the loss of a trial nearby.

    Where a metric counts few examples, or a parameter changes nothing, losses repeat
    exactly, and a repeated loss improves nothing: an improvement is expected only as
    far as the loss is new. The chance falls with the distance to the nearest trial, by
    a logistic regression on the logarithms of two distances: the kernel's, in which
    parameters that do not matter are short, and the plain one. It learns from whether
    each trial repeated the earlier one that was nearest by either; who else has the
    same loss is coincidence. Where nothing was repeated every loss is new, and where
    no parameter is ordered: there are no steps without a scale.

    Args:
        kernel: For its distances.
        features: Shape `(n, num_features)`, in the order of the trials.
        losses: Shape `(n,)`; trials without one, NaN, tell nothing.
    """

    def __init__(self, kernel: Kernel, features: Array, losses: Array) -> None:
        known = ~np.isnan(losses)
        self._features, losses = features[known], losses[known]
        self._roots = (np.sqrt(kernel.weights), np.ones(features.shape[1]))
        self._theta: Array | None = None
        if len(np.unique(losses)) == len(losses) or not kernel.ordered.any():
            return
        earlier = np.tri(len(losses) - 1, len(losses), dtype=bool)
        squares = [
            np.where(earlier, each, np.inf)
            for each in self._squared_distances(self._features[1:])
        ]
        nearest = np.stack([each.argmin(1) for each in squares])
        repeated = (losses[nearest] == losses[1:]).any(0)
        if repeated.any():
            logs = _logs(squares)
            self._centre = logs.mean(0)
            self._theta = _fit(logs - self._centre, repeated)

    def log_chance_of_new(self, features: Array) -> Array:
        """Returns the logarithm of the chance of a new loss, shape `(m,)`, <= 0.

        Args:
            features: Shape `(m, num_features)`.
        """
        if self._theta is None:
            return np.zeros(len(features))
        logs = _logs(self._squared_distances(features)) - self._centre
        return np.asarray(log_expit(logs @ self._theta[1:] - self._theta[0]))

    def _squared_distances(self, features: Array) -> Iterator[Array]:
        """Yields those to every trial, shape `(m, n)`, one metric after the other."""
        for roots in self._roots:
            yield squared_distances(features * roots, self._features * roots)


def _logs(squares: Iterable[Array]) -> Array:
    """Returns logarithms of the least distances, shape `(m, 2)`."""
    least = np.stack([each.min(1) for each in squares], axis=1)
    return np.asarray(np.log(np.sqrt(least) + _LEAST_DISTANCE))


def _fit(logs: Array, repeated: npt.NDArray[np.bool_]) -> Array:
    """Returns the most probable intercept and slopes; no slope is negative.

    Args:
        logs: Logarithms of distances less their means, shape `(n, 2)`.
        repeated: Which trials repeated a loss, shape `(n,)`.
    """

    def loss(theta: Array) -> tuple[float, Array]:
        score = theta[0] - logs @ theta[1:]
        likely = np.where(repeated, log_expit(score), log_expit(-score))
        scaled = theta / _PRIOR_STDDEVS
        by_score = expit(score) - repeated
        slope = np.concatenate([[by_score.sum()], -logs.T @ by_score])
        return (
            float(0.5 * scaled @ scaled - likely.sum()),
            slope + scaled / _PRIOR_STDDEVS,
        )

    bounds = [(-_MOST, _MOST), (0.0, _MOST), (0.0, _MOST)]
    found = optimize.minimize(loss, _START, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)
