"""Networks for tests."""

from __future__ import annotations

import itertools

import numpy as np

from tuner_component.morphism import network
from tuner_component.morphism.network import Network, Node


def chain(*sizes, activation=True) -> Network:
    """Dense layers of these sizes, the first of which is that of the input."""
    nodes = [Node(network.INPUT, (), sizes[0], facts={"shape": sizes[:1]})]
    for old, new in itertools.pairwise(sizes):
        weights = {"kernel": np.zeros((old, new)), "bias": np.zeros(new)}
        nodes.append(Node(network.DENSE, (len(nodes) - 1,), new, weights))
        if activation:
            facts = {"function": "relu"}
            nodes.append(Node(network.ACTIVATION, (len(nodes) - 1,), new, facts=facts))
    return Network(nodes, (len(nodes) - 1,))
