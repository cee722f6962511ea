"""The part of a space that no point of a set reaches, as boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Point = tuple[float, ...]
Box = tuple[Point, Point]


def improving(losses: Array, reference: Array) -> tuple[Array, Array]:
    """Returns disjoint boxes of all that is no worse than any of some points.

    A new point adds to their hypervolume what it dominates of these boxes.

    Args:
        losses: Finite, shape `(n, num_objectives)`; lower is better.
        reference: Shape `(num_objectives,)`: nothing beyond it counts.

    Returns:
        Lower and upper corners, each of shape `(num_boxes, num_objectives)`. Lower
        ones may be -inf.

    Reference:
        Couckuyt et al., 2014, Fast Calculation of Multiobjective Probability of
        Improvement and Expected Improvement Criteria for Pareto Optimization, Journal
        of Global Optimization 60(3) (boxes instead of cells of a grid); the sweep is
        that of Fonseca et al., 2006, for hypervolumes.
    """
    inside = losses[(losses < reference).all(axis=1)]
    edge = tuple(map(float, reference))
    found = list(_boxes([tuple(row) for row in inside.tolist()], edge))
    corners = np.array(found, dtype=np.float64)
    return corners[:, 0], corners[:, 1]


def _boxes(points: Sequence[Point], edge: Point) -> Iterator[Box]:
    """Sweeps along the last objective, over the boxes of the others.

    Each point takes a part of them away: those boxes end there, and others begin.
    """
    if len(edge) == 2:
        yield from _strips(points, edge)
        return
    begun: dict[Box, float] = dict.fromkeys(_boxes([], edge[:-1]), -math.inf)
    passed: list[Point] = []
    for point in sorted(points, key=lambda point: point[-1]):
        passed.append(point[:-1])
        here = dict.fromkeys(_boxes(passed, edge[:-1]), point[-1])
        for box in [box for box in begun if box not in here]:
            yield from _raised(box, begun.pop(box), point[-1])
        begun = {**here, **begun}
    for box, low in begun.items():
        yield from _raised(box, low, edge[-1])


def _raised(box: Box, low: float, high: float) -> Iterator[Box]:
    lower, upper = box
    if low < high:
        yield (*lower, low), (*upper, high)


def _strips(points: Sequence[Point], edge: Point) -> Iterator[Box]:
    left, top = -math.inf, edge[1]
    for x, y in sorted(points):
        if y < top:
            if left < x:
                yield (left, -math.inf), (x, top)
            left, top = x, y
    yield (left, -math.inf), (edge[0], top)
