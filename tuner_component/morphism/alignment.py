"""Which layer of a child is which layer of its parent.

Reference:
    Gotoh, 1982, An Improved Algorithm for Matching Biological Sequences, Journal of
    Molecular Biology 162: the fewest changes, where a gap costs something to begin.
"""

from __future__ import annotations

import math

from tuner_component.morphism.network import Network, Node

_NEW, _GONE, _PAIR = range(3)
_STEPS = ((0, 1), (1, 0), (1, 1))
"""How far each moves on, in the parent's layers and in the child's."""

_BEGIN_GAP, _WEIGHTED, _PLAIN = 1, 20, 10
_LARGER, _SMALLER = 2, 12

_Cell = tuple[float, int]
"""The least cost of all that ends like this, and how that begins."""


def aligned(
    parent: Network, child: Network, *, any_wider: bool = False
) -> dict[int, int]:
    """Returns the positions of a child's layers to those of the parent's.

    The order of both is kept, as in a comparison of texts: the fewest layers are new
    or gone, and of those that remain the fewest have another shape. Where several
    could be the new ones, it is those that come last, and side by side.

    Args:
        parent: The trained network.
        child: The new one.
        any_wider: Whether a wider layer is as good as one of the same shape; then the
            last layers with weights are taken for each other.
    """
    table = _table(parent, child, any_wider=any_wider)
    row, column = len(parent.nodes), len(child.nodes)
    end = _cheapest(table[row][column])
    pairs: dict[int, int] = {}
    while row or column:
        before = table[row][column][end][1]
        row, column = row - _STEPS[end][0], column - _STEPS[end][1]
        if end == _PAIR:
            pairs[column] = row
        end = before
    return pairs


def _table(
    parent: Network, child: Network, *, any_wider: bool
) -> list[list[list[_Cell]]]:
    larger = 0 if any_wider else _LARGER
    ends = (
        (_last_weighted(parent), _last_weighted(child)) if any_wider else (None, None)
    )
    never = (math.inf, _PAIR)
    table = [
        [[never] * 3 for _ in range(len(child.nodes) + 1)]
        for _ in range(len(parent.nodes) + 1)
    ]
    table[0][0][_PAIR] = (0.0, _PAIR)
    for row, cells in enumerate(table):
        for column, cell in enumerate(cells):
            for end, (down, right) in enumerate(_STEPS):
                if row >= down and column >= right:
                    before = table[row - down][column - right]
                    old = parent.nodes[row - 1] if down else None
                    new = child.nodes[column - 1] if right else None
                    if before is not cell:
                        cost = _cost(old, new, larger)
                        is_torn = (old is ends[0]) != (new is ends[1])
                        cost = math.inf if end == _PAIR and is_torn else cost
                        cell[end] = min(cell[end], _extended(before, end, cost))
    return table


def _last_weighted(network: Network) -> Node | None:
    weighted = (node for node in reversed(network.nodes) if node.weights)
    return next(weighted, None)


def _extended(before: list[_Cell], end: int, cost: float) -> _Cell:
    gaps = [0 if end in (_PAIR, last) else _BEGIN_GAP for last in range(3)]
    costs = [(cost + gap, _PAIR) for (cost, _), gap in zip(before, gaps, strict=True)]
    last = _cheapest(costs)
    return costs[last][0] + cost, last


def _cheapest(cells: list[_Cell]) -> int:
    """Returns the first of the cheapest: from the end on, new layers come first."""
    return min(range(3), key=lambda last: cells[last][0])


def _cost(old: Node | None, new: Node | None, larger: int) -> float:
    if old is not None and new is not None:
        return _pair_cost(old, new, larger)
    alone = old or new
    return _WEIGHTED if alone is not None and alone.weights else _PLAIN


def _pair_cost(old: Node, new: Node, larger: int) -> float:
    if old.kind != new.kind or dict(old.facts) != dict(new.facts):
        return math.inf
    shapes, others = old.shapes, new.shapes
    if {name: len(shape) for name, shape in shapes.items()} != {
        name: len(shape) for name, shape in others.items()
    }:
        return math.inf
    return sum(_size_cost(shapes[name], others[name], larger) for name in shapes)


def _size_cost(old: tuple[int, ...], new: tuple[int, ...], larger: int) -> float:
    """Counts what a layer makes; that it reads more is the doing of one before it."""
    costs = [
        larger if before < after else _SMALLER
        for axis, (before, after) in enumerate(zip(old, new, strict=True))
        if before > after or (before < after and axis == len(old) - 1)
    ]
    return sum(costs)
