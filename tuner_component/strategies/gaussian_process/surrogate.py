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
from tuner_component.strategies.gaussian_process.plateaus import Plateaus
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import Prior
from tuner_component.strategies.gaussian_process.repeats import Repeats
from tuner_component.strategies.gaussian_process.subset import representative
from tuner_component.strategies.gaussian_process.targets import (
    log_gaps,
    standardised,
    tempered,
)

Array = npt.NDArray[np.float64]
Transform = Callable[[Array], Array]

_MAX_FITTED = 150
_MAX_OBSERVED = 400
_KNOWN = 5.0
"""What a place on a plateau is worth less. Not more: the step down may be inside it."""
_MAX_KERNELS = 10
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

    The kernels are a function of the observations: those used last are kept only in
    case the next calls need the same.

    Args:
        prior: Of the kernel.
    """

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._fitted: dict[bytes, Kernel] = {}

    def worth(
        self, seen: Observations, *, wide: bool = False
    ) -> Callable[[Array], Array]:
        """Returns what gives features of shape `(m, num_features)` their worth.

        That is the logarithm of the improvement expected, per second if seconds
        count, shape `(m,)`; less where the loss may be one that was seen already, and
        far less where it is known not to change.

        Args:
            seen: At least one observation.
            wide: Whether differences among the best count like others, not more: the
                search then leaves the surroundings of the best sooner.
        """
        transform = tempered if wide else log_gaps
        kernel = self.kernel(seen, seen.losses, transform)
        less = doubted(kernel, seen, seen.losses)
        posterior = self.posterior(seen, seen.losses, transform)
        incumbent = posterior.least_mean()
        if len(seen.running):
            posterior = posterior.believing(seen.running)
        log_seconds = self.log_seconds(seen)

        def worth(features: Array) -> Array:
            gain = log_expected_improvement(*posterior.predict(features), incumbent)
            return np.asarray(less(features, gain) - log_seconds(features))

        return worth

    def log_seconds(self, seen: Observations) -> Callable[[Array], Array]:
        """Returns what predicts the logarithm of the seconds; 0 if none count."""
        if seen.seconds is None:
            return lambda features: np.zeros(len(features))
        logs = np.log(seen.seconds)
        spread = logs.std()
        posterior = self.posterior(seen, logs, standardised)
        return lambda features: spread * posterior.mean(features)

    def posterior(
        self, seen: Observations, numbers: Array, transform: Transform
    ) -> Posterior:
        """Returns what is believed of numbers that trials came to, shape `(n,)`."""
        kept = representative(seen.losses, _MAX_OBSERVED)
        kernel = self.kernel(seen, numbers, transform)
        return Posterior(kernel, seen.features[kept], transform(numbers[kept]))

    def kernel(
        self, seen: Observations, numbers: Array, transform: Transform
    ) -> Kernel:
        """Returns the kernel of numbers that trials came to, shape `(n,)`."""
        count = len(numbers) - len(numbers) % (1 + len(numbers) // _REFITS)
        kept = representative(seen.losses[:count], _MAX_FITTED)
        features, targets = seen.features[kept], transform(numbers[kept])
        key = features.tobytes() + targets.tobytes()
        kernel = self._fitted.pop(key, None) or fit(features, targets, self._prior)
        self._fitted[key] = kernel
        for oldest in list(self._fitted)[:-_MAX_KERNELS]:
            del self._fitted[oldest]
        return kernel


def doubted(
    kernel: Kernel, seen: Observations, losses: Array
) -> Callable[[Array, Array], Array]:
    """Returns what takes worth from features that may have the loss of a trial nearby.

    Args:
        kernel: For distances.
        seen: The trials.
        losses: What they came to, shape `(n,)`: only which are equal counts.
    """
    kept = representative(seen.losses, _MAX_OBSERVED)
    known = (kernel, seen.features[kept], losses[kept])
    plateaus, repeats = Plateaus(*known), Repeats(*known)

    def less(features: Array, gain: Array) -> Array:
        flat = np.where(plateaus.hold(features), _KNOWN, 0.0)
        return np.asarray(gain + repeats.log_chance_of_new(features) - flat)

    return less
