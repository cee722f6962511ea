"""How much better than a reference point a set of points is, exactly."""

from __future__ import annotations

import bisect
import math

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
    if inside.shape[1] == 3:
        return _volume(inside, reference)
    front = np.unique(inside[non_dominated(inside)], axis=0)
    if front.shape[1] == 2:
        return _area(front, reference)
    # Limited to a point that is worse than all of them in the first objective, the
    # others have that in common, and most of them beat each other.
    edges, rest, volume = reference - front, front[:, 1:], 0.0
    for index, point in enumerate(rest):
        shared = hypervolume(np.maximum(rest[:index], point), reference[1:])
        volume += float(edges[index, 0] * (np.prod(edges[index, 1:]) - shared))
    return volume


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


def _volume(points: Array, reference: Array) -> float:
    """Returns the hypervolume of points of three objectives, in any order.

    They are taken in the order of the third; each adds to the area of those before.
    """
    right, top, end = map(float, reference)
    steps = _Staircase(right, top)
    volume = area = below = 0.0
    for x, y, z in points[np.lexsort(points.T)].tolist():
        volume += area * (z - below)
        area, below = area + steps.add(x, y), z
    return volume + area * (end - below)


class _Staircase:
    """The points of two objectives that no other beats, from left to right.

    Steps of no width may be among them.

    Args:
        right: The reference point's first coordinate.
        top: Its second one.
    """

    def __init__(self, right: float, top: float) -> None:
        self._xs, self._ys = [right], [-math.inf]
        self._top = top

    def add(self, x: float, y: float) -> float:
        """Adds a point that is better than the reference; returns the area it adds."""
        first = last = bisect.bisect_right(self._xs, x)
        height = self._ys[first - 1] if first else self._top
        if height <= y:
            return 0.0
        left, added = x, 0.0
        while height > y:
            added += (self._xs[last] - left) * (height - y)
            left, height = self._xs[last], self._ys[last]
            last += 1
        self._xs[first : last - 1], self._ys[first : last - 1] = [x], [y]
        return added
