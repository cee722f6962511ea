"""Where the loss does not change, as far as is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tuner_component.strategies.gaussian_process.fit import Kernel
from tuner_component.strategies.gaussian_process.kernel import squared_distances

Array = npt.NDArray[np.float64]

_REACH = 2.0


class Plateaus:
    """The surroundings of trials that have exactly the same loss as others nearby.

    A Gaussian process expects the most around the best trial, also when its neighbours
    have all had exactly its loss: it knows no functions with steps. But a metric that
    counts few examples has steps, and so has a loss that does not depend on what was
    changed. Around a trial lies a ball whose radius is twice the distance of the
    furthest trial that has the same loss and is closer than any that has not; trials
    with another loss end the ball. So each further trial with the same loss makes the
    next step larger. Distances are those of the kernel.

    Args:
        kernel: For its distances.
        features: Shape `(n, num_features)`.
        losses: Shape `(n,)`; trials without one, NaN, are nobody's neighbours.
    """

    def __init__(self, kernel: Kernel, features: Array, losses: Array) -> None:
        known = ~np.isnan(losses)
        features, losses = features[known], losses[known]
        away = _distances(kernel, features, features)
        same = losses[:, None] == losses
        border = np.where(same, np.inf, away).min(1, initial=np.inf)
        inside = same & (away < border[:, None])
        np.fill_diagonal(inside, val=False)
        radii = _REACH * np.where(inside, away, 0.0).max(1, initial=0.0)
        found = inside.any(1)
        self._kernel = kernel
        self._centres = features[found]
        self._radii = np.minimum(radii, border)[found]

    def hold(self, features: Array) -> npt.NDArray[np.bool_]:
        """Returns which features lie in a ball, shape `(m,)`.

        Args:
            features: Shape `(m, num_features)`.
        """
        away = _distances(self._kernel, features, self._centres)
        return np.asarray((away <= self._radii).any(1))


def _distances(kernel: Kernel, left: Array, right: Array) -> Array:
    roots = np.sqrt(kernel.weights)
    return np.asarray(np.sqrt(squared_distances(left * roots, right * roots)))
