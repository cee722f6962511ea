"""What an optimiser that has made many steps is to know of a layer that is new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from tuner_component.morphism.network import Array, Arrays, Network, Node

_SQUARES = 2


def with_usual_squares(parent: Network, child: Network) -> Network:
    """Returns a child whose layers have the mean squares of its parent's gradients.

    With none, the first steps of new layers would be several times as long as those
    of the others: the optimiser counts on it that it has seen many gradients.

    Args:
        parent: The trained network.
        child: The new one, with new slots.
    """
    usual = {
        (slot, name): np.mean([np.mean(array) for array in arrays])
        for slot, power in parent.powers.items()
        if power == _SQUARES
        for name, arrays in _by_name(parent.nodes, slot).items()
    }

    def filled(slot: str, arrays: Arrays) -> Arrays:
        return {
            name: np.full_like(array, usual.get((slot, name), np.mean(array)))
            for name, array in arrays.items()
        }

    nodes = [
        dataclasses.replace(
            node,
            slots={
                slot: filled(slot, arrays)
                if parent.powers.get(slot) == _SQUARES
                else arrays
                for slot, arrays in node.slots.items()
            },
        )
        for node in child.nodes
    ]
    return dataclasses.replace(child, nodes=nodes)


def _by_name(nodes: Iterable[Node], slot: str) -> dict[str, list[Array]]:
    found: dict[str, list[Array]] = {}
    for node in nodes:
        for name, array in node.slots.get(slot, {}).items():
            found.setdefault(name, []).append(array)
    return found
