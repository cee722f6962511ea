"""How much better than a reference point a set of points is, exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tuner_component.pareto.dominance import non_dominated

Array = npt.NDArray[np.float64]

_MARGIN = 0.1


def hypervolume(losses: Array, reference: Array) -> float:
    """Returns the volume of what is worse than a point and better than the reference.

    Args:
        losses: Finite, shape `(n, num_objectives)`; lower is better. A point that is
            not better than the reference everywhere adds nothing.
        reference: Shape `(num_objectives,)`.

    Reference:
        While et al., 2012, A Fast Way of Calculating Exact Hypervolumes, IEEE
        Transactions on Evolutionary Computation 16(1), algorithm WFG.
    """
    inside = losses[(losses < reference).all(axis=1)]
    front = np.unique(inside[non_dominated(inside)], axis=0)
    if front.shape[1] == 2:
        return _area(front, reference)
    # Limited to a point that is worse than all of them in the first objective, the
    # others differ in one objective fewer, and most of them beat each other.
    return sum(
        contribution(front[index], front[:index], reference)
        for index in range(len(front))
    )


def contribution(point: Array, losses: Array, reference: Array) -> float:
    """Returns by how much a point adds to the hypervolume of others.

    Args:
        point: Shape `(num_objectives,)`.
        losses: The others, shape `(n, num_objectives)`.
        reference: Shape `(num_objectives,)`.
    """
    if not (point < reference).all():
        return 0.0
    shared = hypervolume(np.maximum(losses, point), reference) if len(losses) else 0.0
    return float(np.prod(reference - point)) - shared


def reference_point(losses: Array) -> Array:
    """Returns what a hypervolume is measured from.

    A tenth of the range beyond the worst value of each objective among the points
    that are not dominated, so that the ends of their front count too. Where their
    range is 0, that of all points counts, and where that is 0 too, it is 1.

    Args:
        losses: Finite, shape `(n, num_objectives)`, n >= 1.

    Reference:
        Ishibuchi et al., 2018, How to Specify a Reference Point in Hypervolume
        Calculation for Fair Performance Comparison, Evolutionary Computation 26(3).
    """
    front = losses[non_dominated(losses)]
    best, worst = front.min(axis=0), front.max(axis=0)
    worst = np.where(worst > best, worst, losses.max(axis=0))
    worst = np.where(worst > best, worst, best + 1.0)
    return np.asarray(worst + _MARGIN * (worst - best))


def growth(losses: Array) -> list[float]:
    """Returns the hypervolume after each point, as a share of the most there can be.

    That is the box from the best value of every objective to the reference point; both
    are those of all points, so that the numbers never fall.

    Args:
        losses: Finite, shape `(n, num_objectives)`, n >= 1.

    Returns:
        `n` numbers from 0 to 1.
    """
    reference, ideal = reference_point(losses), losses.min(axis=0)
    shares = (losses - ideal) / (reference - ideal)
    edge = np.ones(losses.shape[1])
    volume, after = 0.0, []
    front = np.empty((0, len(edge)))
    for point in shares:
        added = contribution(point, front, edge)
        if added > 0:
            volume += added
            front = np.vstack([front[(front < point).any(axis=1)], point])
        after.append(volume)
    return after


def _area(front: Array, reference: Array) -> float:
    """Returns the hypervolume of a front of two objectives in order of the first."""
    ends = np.append(front[1:, 0], reference[0])
    return float(np.sum((ends - front[:, 0]) * (reference[1] - front[:, 1])))
