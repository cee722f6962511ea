from __future__ import annotations

import pytest

from tests.morphism.networks import chain
from tuner_component.morphism import network
from tuner_component.morphism.alignment import aligned
from tuner_component.morphism.network import Network


def dense(parent: Network, child: Network, **options) -> list[tuple[int, int]]:
    """Returns which dense layer of the child is which of the parent."""

    def number(of: Network, position: int) -> int:
        before = of.nodes[:position]
        return sum(node.kind == network.DENSE for node in before)

    return sorted(
        (number(child, c), number(parent, p))
        for c, p in aligned(parent, child, **options).items()
        if child.nodes[c].kind == network.DENSE
    )


@pytest.mark.parametrize(
    ("parent", "child", "pairs"),
    [
        ((4, 8, 3), (4, 8, 3), [(0, 0), (1, 1)]),
        ((4, 8, 3), (4, 9, 3), [(0, 0), (1, 1)]),
        ((4, 8, 3), (4, 8, 8, 3), [(0, 0), (2, 1)]),
        ((4, 8, 3), (4, 9, 9, 3), [(0, 0), (2, 1)]),
        ((4, 8, 6, 3), (4, 8, 6, 6, 3), [(0, 0), (1, 1), (3, 2)]),
        ((4, 8, 6, 3), (4, 8, 8, 6, 3), [(0, 0), (2, 1), (3, 2)]),
        ((4, 8, 8, 3), (4, 8, 3), [(0, 0), (1, 2)]),
    ],
)
@pytest.mark.parametrize("activation", [True, False])
def test_layers_are_found_by_their_place_and_size(parent, child, pairs, activation):
    found = dense(*(chain(*sizes, activation=activation) for sizes in (parent, child)))
    assert found == pairs


def test_equal_sizes_by_chance_can_be_passed_over():
    parent, child = chain(9, 128, 64, 10), chain(9, 256, 128, 128, 10)
    assert dense(parent, child) == [(1, 0), (2, 1), (3, 2)]
    found = dense(parent, child, any_wider=True)
    assert found == [(0, 0), (1, 1), (3, 2)]


def test_layers_of_other_kinds_or_facts_are_others():
    relu, tanh = chain(4, 8), chain(4, 8)
    tanh.nodes[2].facts["function"] = "tanh"
    assert aligned(relu, tanh) == {0: 0, 1: 1}
    assert aligned(relu, Network([], ())) == {}
