"""A child network whose layers get their weights one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from tuner_component.errors import MorphismError
from tuner_component.morphism import wider
from tuner_component.morphism.deeper import Moments
from tuner_component.morphism.network import ADD, Arrays, Network, Node
from tuner_component.morphism.slots import with_usual_squares
from tuner_component.morphism.units import Units
from tuner_component.morphism.units import wider as wider_units


@dataclasses.dataclass(frozen=True)
class Relation:
    """What a child's layer returns, in terms of a layer of its parent.

    Attributes:
        source: The parent's layer.
        units: Which of its units each of the child's units repeats.
        fixed: Activations that would leave it alone.
        moments: Mean and variance of each of the child's units, if known.
    """

    source: int
    units: Units
    fixed: frozenset[str] = frozenset()
    moments: Moments | None = None


class Draft:
    """What is known so far of a child's layers.

    Args:
        parent: The trained network.
        child: The new one.
        pairs: Positions of the child's layers to those of the parent's.
        seed: Fixes which units are repeated, >= 0.

    Attributes:
        parent, child, pairs: As given.
        weights: Of each layer; new ones until they are set.
        slots: Of each layer, likewise.
        fates: Of each layer, see `inheritance.Inherited`.
        relations: What each layer returns; several where it holds what several layers
            of the parent return, none where it is not known.
    """

    def __init__(
        self, parent: Network, child: Network, pairs: Mapping[int, int], seed: int
    ) -> None:
        child = with_usual_squares(parent, child)
        self.parent, self.child, self.pairs = parent, child, pairs
        self.weights: list[Arrays] = [node.weights for node in child.nodes]
        self.slots: list[Mapping[str, Arrays]] = [node.slots for node in child.nodes]
        self.fates = ["fresh" if node.weights else None for node in child.nodes]
        self.relations: list[list[Relation]] = [[] for _ in child.nodes]
        self._seed, self._groups = seed, _groups(child)

    def partner(self, position: int) -> Node:
        """Returns the parent's layer that a child's layer was."""
        return self.parent.nodes[self.pairs[position]]

    def read_by(self, position: int) -> Relation:
        """Returns what the only input of a child's layer is of the parent's.

        Raises:
            MorphismError: If that is not what the parent's layer reads.
        """
        node, before = self.child.nodes[position], self.partner(position)
        for relation in self.relations[node.inputs[0]] if node.inputs else ():
            if before.inputs == (relation.source,):
                return relation
        raise MorphismError(
            f"The layer {node.label!r} does not read what {before.label!r} of the "
            "parent reads; expected only changes before it that keep the function."
        )

    def wider(self, position: int, old: int, new: int) -> Units:
        """Returns the units of a layer that has become wider.

        Layers whose outputs are added are widened in the same way.

        Raises:
            MorphismError: If it has become narrower.
        """
        if new < old:
            raise MorphismError(
                f"The layer {self.child.nodes[position].label!r} has {new} units in "
                f"place of {old}; expected at least as many."
            )
        generator = np.random.default_rng(
            [self._seed, self._groups[position], old, new]
        )
        return wider_units(old, new, generator)

    def widen(self, position: int, reads: Units, makes: Units) -> None:
        """Gives a layer its parent's weights and slots, widened."""
        before, fresh = self.partner(position), self.child.nodes[position]
        self.weights[position] = wider.widened(before, fresh, reads, makes)
        self.slots[position] = {
            slot: wider.widened_slot(before, fresh, slot, power, (reads, makes))
            for slot, power in self.parent.powers.items()
        }
        is_same = reads.is_same and makes.is_same
        self.fates[position] = "copied" if is_same else "widened"

    def copy(self, position: int) -> bool:
        """Gives a layer its parent's weights and slots if all shapes are equal."""
        if position not in self.pairs:
            return False
        before, fresh = self.partner(position), self.child.nodes[position]
        if before.shapes != fresh.shapes:
            return False
        if fresh.weights:
            self.weights[position] = before.weights
            self.slots[position] = {
                slot: before.slots.get(slot, {}) for slot in self.parent.powers
            }
            self.fates[position] = "copied"
        return True

    def set_new(self, position: int, weights: Arrays, fate: str) -> None:
        """Gives a new layer its weights."""
        self.weights[position], self.fates[position] = weights, fate


def _groups(network: Network) -> list[int]:
    """Returns for each layer the first of those whose units are the same as its own."""
    groups = list(range(len(network.nodes)))

    def root(position: int) -> int:
        while groups[position] != position:
            position = groups[position]
        return position

    for position, node in enumerate(network.nodes):
        if node.keeps_size or node.kind == ADD:
            for other in node.inputs:
                first, second = sorted((root(position), root(other)))
                groups[second] = first
    return [root(position) for position in range(len(groups))]
