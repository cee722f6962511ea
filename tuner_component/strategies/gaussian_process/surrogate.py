"""From observations to what any configuration is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.strategies.gaussian_process.acquisition import (
    log_expected_improvement,
)
from tuner_component.strategies.gaussian_process.fit import Kernel, fit
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import Prior
from tuner_component.strategies.gaussian_process.subset import representative
from tuner_component.strategies.gaussian_process.targets import standardised, tempered

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
        is_doubted: Whether to believe that every parameter matters at least as much
            as was thought at first, whatever the observations say: a parameter that
            was rarely varied may seem not to matter.
    """

    features: Array
    losses: Array
    running: Array
    seconds: Array | None = None
    is_doubted: bool = False


class Surrogate:
    """Fits Gaussian processes to observations, and asks all of them.

    What a candidate is worth is the mean of the logarithms of what they expect: a
    promise counts if all see something in it, so that a single misled process does
    not hold the search in one place.

    The kernels are a function of the observations: those fitted last are kept only
    in case the next call needs the same.
    """

    def __init__(self, priors: Sequence[Prior]) -> None:
        """Makes the surrogate.

        Args:
            priors: One a process.
        """
        self._priors = priors
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
        posteriors = [
            self._posterior(seen, seen.losses, tempered, prior)
            for prior in self._priors
        ]
        incumbents = [each.least_mean() for each in posteriors]
        if len(seen.running):
            posteriors = [each.believing(seen.running) for each in posteriors]
        log_seconds = self._log_seconds(seen)
        self._fitted = self._used

        def worth(features: Array) -> Array:
            gains = [
                log_expected_improvement(*posterior.predict(features), incumbent)
                for posterior, incumbent in zip(posteriors, incumbents, strict=True)
            ]
            return np.asarray(np.mean(gains, axis=0) - log_seconds(features))

        return worth

    def _log_seconds(self, seen: Observations) -> Callable[[Array], Array]:
        if seen.seconds is None:
            return lambda features: np.zeros(len(features))
        logs = np.log(seen.seconds)
        spread = logs.std()
        posterior = self._posterior(seen, logs, standardised, self._priors[0])
        return lambda features: spread * posterior.mean(features)

    def _posterior(
        self, seen: Observations, numbers: Array, transform: Transform, prior: Prior
    ) -> Posterior:
        kept = representative(seen.losses, _MAX_OBSERVED)
        kernel = self._kernel(seen, numbers, transform, prior)
        if seen.is_doubted:
            kernel = _doubted(kernel, prior)
        return Posterior(kernel, seen.features[kept], transform(numbers[kept]))

    def _kernel(
        self, seen: Observations, numbers: Array, transform: Transform, prior: Prior
    ) -> Kernel:
        count = len(numbers) - len(numbers) % (1 + len(numbers) // _REFITS)
        kept = representative(seen.losses[:count], _MAX_FITTED)
        features, targets = seen.features[kept], transform(numbers[kept])
        key = prior.owner.tobytes() + features.tobytes() + targets.tobytes()
        if key not in self._fitted:
            self._fitted[key] = fit(features, targets, prior)
        self._used[key] = self._fitted[key]
        return self._fitted[key]


def _doubted(kernel: Kernel, prior: Prior) -> Kernel:
    expected = np.exp(prior.means[: prior.num_weights])[prior.owner]
    return dataclasses.replace(kernel, weights=np.maximum(kernel.weights, expected))
