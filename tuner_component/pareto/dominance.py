"""Which of several points are beaten by no other, and how far they are from ideal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_AUGMENTATION = 0.05


def non_dominated(losses: Array) -> npt.NDArray[np.bool_]:
    """Returns which points are beaten by no other.

    A point beats another if it is no worse in any objective and better in one; equal
    points do not beat each other.

    Args:
        losses: Finite, shape `(n, num_objectives)`; lower is better.

    Returns:
        Shape `(n,)`.
    """
    kept = np.zeros(len(losses), bool)
    rest = np.lexsort(losses.T[::-1])  # whoever beats a point comes before it
    while len(rest):
        kept[rest[0]] = True
        best, others = losses[rest[0]], losses[rest[1:]]
        unbeaten = (others < best).any(axis=1) | (others == best).all(axis=1)
        rest = rest[1:][unbeaten]
    return kept


def scaled(losses: Array) -> Array:
    """Returns losses of which 0 is the best and 1 the median, objective by objective.

    The median does not move when a few trials diverge, as the worst does, and the
    worst of those that are not dominated: the smallest model may be arbitrarily bad.

    Args:
        losses: Finite, shape `(n, num_objectives)`, n >= 1.
    """
    with np.errstate(over="ignore"):  # the range of huge numbers may be infinite
        above = losses - losses.min(axis=0)
        middle, top = np.median(above, axis=0), above.max(axis=0)
    unit = np.where(middle > 0, middle, np.where(top > 0, top, 1.0))
    limit = np.finfo(float).max
    return np.asarray(np.minimum(above, limit) / np.minimum(unit, limit))


def distances(losses: Array, weights: Array) -> Array:
    """Returns how far each point is from having the best value of every objective.

    The augmented Tchebycheff norm of the scaled losses: the largest weighted one,
    and a little of all, so that no dominated point is the nearest.

    Args:
        losses: Finite, shape `(n, num_objectives)`, n >= 1.
        weights: Shape `(num_objectives,)`, >= 0, not all 0; their sum does not matter.

    Returns:
        Shape `(n,)`, >= 0.

    Reference:
        Knowles, 2006, ParEGO, IEEE Transactions on Evolutionary Computation 10(1),
        eq. 2.
    """
    terms = scaled(losses) * (weights / weights.sum())
    return np.asarray(terms.max(axis=1) + _AUGMENTATION * terms.sum(axis=1))
