"""From observations to what any configuration is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tuner_component.strategies.gaussian_process.acquisition import (
    log_expected_improvement,
)
from tuner_component.strategies.gaussian_process.fit import Kernel, fit
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import Prior
from tuner_component.strategies.gaussian_process.subset import representative
from tuner_component.strategies.gaussian_process.targets import log_gaps, standardised

Array = npt.NDArray[np.float64]
Transform = Callable[[Array], Array]

_MAX_FITTED = 150
_MAX_OBSERVED = 400
_REFITS = 20
"""The kernel is fitted anew when the observations grow by one part in so many."""


@dataclasses.dataclass(frozen=True, eq=False)
class Observations:
    """What is known.

    Attributes:
        features: Shape `(n, num_features)`, in the order of the trials.
        losses: Shape `(n,)`; NaN for a failure. At least one is a number.
        running: Features of what is being evaluated, shape `(m, num_features)`.
        seconds: How long each took, shape `(n,)`, > 0; None if it does not count.
    """

    features: Array
    losses: Array
    running: Array
    seconds: Array | None = None


class Surrogate:
    """Fits a Gaussian process to observations, and asks it.

    The kernels are a function of the observations: those fitted last are kept only
    in case the next call needs the same.
    """

    def __init__(self, prior: Prior) -> None:
        """Makes the surrogate.

        Args:
            prior: Of the kernel.
        """
        self._prior = prior
        self._fitted: dict[bytes, Kernel] = {}
        self._used: dict[bytes, Kernel] = {}

    def worth(self, seen: Observations) -> Callable[[Array], Array]:
        """Returns what gives features of shape `(m, num_features)` their worth.

        That is the logarithm of the improvement expected, per second if seconds
        count, shape `(m,)`.

        Args:
            seen: At least one observation.
        """
        self._used = {}
        posterior = self._posterior(seen, seen.losses, log_gaps)
        incumbent = posterior.least_mean()
        if len(seen.running):
            posterior = posterior.believing(seen.running)
        log_seconds = self._log_seconds(seen)
        self._fitted = self._used

        def worth(features: Array) -> Array:
            gain = log_expected_improvement(*posterior.predict(features), incumbent)
            return np.asarray(gain - log_seconds(features))

        return worth

    def _log_seconds(self, seen: Observations) -> Callable[[Array], Array]:
        if seen.seconds is None:
            return lambda features: np.zeros(len(features))
        logs = np.log(seen.seconds)
        spread = logs.std()
        posterior = self._posterior(seen, logs, standardised)
        return lambda features: spread * posterior.mean(features)

    def _posterior(
        self, seen: Observations, numbers: Array, transform: Transform
    ) -> Posterior:
        kept = representative(seen.losses, _MAX_OBSERVED)
        kernel = self._kernel(seen, numbers, transform)
        return Posterior(kernel, seen.features[kept], transform(numbers[kept]))

    def _kernel(
        self, seen: Observations, numbers: Array, transform: Transform
    ) -> Kernel:
        count = len(numbers) - len(numbers) % (1 + len(numbers) // _REFITS)
        kept = representative(seen.losses[:count], _MAX_FITTED)
        features, targets = seen.features[kept], transform(numbers[kept])
        key = features.tobytes() + targets.tobytes()
        if key not in self._fitted:
            self._fitted[key] = fit(features, targets, self._prior)
        self._used[key] = self._fitted[key]
        return self._fitted[key]
