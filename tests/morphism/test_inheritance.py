"""Morphisms of dense networks in numpy alone; blocks of all kinds: tests/nas."""

from __future__ import annotations

import numpy as np
import pytest

from tests.morphism.networks import chain
from tuner_component.morphism import network
from tuner_component.morphism.inheritance import inherit
from tuner_component.morphism.network import Network, Node


def trained(of: Network) -> Network:
    generator = np.random.default_rng(0)
    nodes = [
        Node(
            node.kind, node.inputs, node.size,
            {name: generator.normal(size=a.shape) for name, a in node.weights.items()},
            facts=node.facts, label=f"layer {place}",
        )
        for place, node in enumerate(of.nodes)
    ]  # fmt: skip
    return Network(nodes, of.outputs)


def computed(of: Network, weights) -> np.ndarray:
    x = np.random.default_rng(1).normal(size=(20, of.nodes[0].size))
    for node, arrays in zip(of.nodes, weights, strict=True):
        if node.kind == network.DENSE:
            x = x @ arrays["kernel"] + arrays["bias"]
        elif node.kind == network.ACTIVATION:
            x = np.maximum(x, 0)
    return x


@pytest.mark.parametrize(
    ("sizes", "fates"),
    [
        ((4, 8, 3), ["copied", "copied"]),
        ((4, 11, 3), ["widened", "widened"]),
        ((4, 8, 8, 3), ["copied", "identity", "copied"]),
        ((4, 8, 19, 3), ["copied", "identity", "widened"]),
        ((4, 30, 30, 30, 3), ["widened", "identity", "identity", "widened"]),
    ],
)
@pytest.mark.parametrize("activation", [True, False])
def test_a_child_computes_what_its_parent_does(sizes, fates, activation):
    parent = trained(chain(4, 8, 3, activation=activation))
    child = trained(chain(*sizes, activation=activation))
    done = inherit(parent, child, 0)
    assert done.why_not == []
    assert [fate for fate in done.fates if fate] == fates
    before = computed(parent, [node.weights for node in parent.nodes])
    np.testing.assert_allclose(computed(child, done.weights), before, atol=1e-12)


def test_layers_of_equal_size_are_passed_over_where_the_function_would_be_lost():
    parent, child = trained(chain(9, 8, 6, 3)), trained(chain(9, 12, 8, 8, 3))
    done = inherit(parent, child, 0)
    assert done.why_not == []
    before = computed(parent, [node.weights for node in parent.nodes])
    np.testing.assert_allclose(computed(child, done.weights), before, atol=1e-12)


def test_where_it_cannot_the_layers_that_fit_are_copied():
    parent, child = trained(chain(4, 8, 8, 3)), trained(chain(4, 6, 8, 3))
    done = inherit(parent, child, 0)
    assert "copied" in done.fates
    assert "fresh" in done.fates
    assert "has 6 units in place of 8; expected at" in done.why_not[0]


def test_a_graph_that_is_not_known_is_never_said_to_be_kept():
    nodes = [Node(network.OTHER, (), 3, {"0": np.ones(3)})]
    done = inherit(Network(nodes, ()), Network(nodes, ()), 0)
    assert done.fates == ["copied"]
    assert done.why_not == ["The outputs are not those of the parent."]
