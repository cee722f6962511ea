"""Layers of a child that its parent has too, with one input."""

from __future__ import annotations

import numpy as np

from tuner_component.errors import MorphismError
from tuner_component.morphism import deeper
from tuner_component.morphism.draft import Draft, Relation
from tuner_component.morphism.network import (
    ACTIVATION,
    BATCH_NORM,
    CONV,
    DENSE,
    DEPTHWISE,
    FLATTEN,
    INPUT,
    OTHER,
    UNITWISE,
    Arrays,
    Node,
)
from tuner_component.morphism.units import same

_NOT_UNITWISE = ("softmax", "log_softmax", "glu", "sparsemax")


def visit(draft: Draft, position: int) -> list[Relation]:
    """Gives a layer its parent's weights, widened where need be.

    Returns:
        What it returns.

    Raises:
        MorphismError: If it does not return anything that the parent does.
    """
    node, source = draft.child.nodes[position], draft.pairs[position]
    if node.kind == INPUT:
        return [_input(draft, position)]
    if node.kind == OTHER:
        return [_other(draft, position)]
    read = draft.read_by(position)
    if node.kind in (DENSE, CONV):
        makes = draft.wider(position, draft.partner(position).size, node.size)
        draft.widen(position, read.units, makes)
        return [Relation(source, makes)]
    if node.kind in (BATCH_NORM, DEPTHWISE):
        draft.widen(position, read.units, read.units)
        moments = _normalised(node, draft.weights[position])
        return [Relation(source, read.units, moments=moments)]
    if node.kind == FLATTEN:
        num_places = node.size // len(read.units.of)
        return [Relation(source, read.units.at_each(num_places), read.fixed)]
    return [_without_weights(node, source, read)]


def after(node: Node, read: Relation) -> tuple[frozenset[str], deeper.Moments | None]:
    """Returns which activations leave alone what a layer returns, and its moments."""
    if node.kind == UNITWISE:
        return read.fixed, None
    function = node.facts["function"]
    moments = read.moments if function == "relu" else None
    return deeper.fixed_after(function), moments and deeper.rectified(moments)


def _without_weights(node: Node, source: int, read: Relation) -> Relation:
    is_whole = node.kind == ACTIVATION and node.facts["function"] in _NOT_UNITWISE
    if is_whole and not read.units.is_same:
        raise MorphismError(
            f"The activation {node.label!r} is a {node.facts['function']}, which "
            "depends on all units together; expected as many as the parent has."
        )
    return Relation(source, read.units, *after(node, read))


def _input(draft: Draft, position: int) -> Relation:
    node, before = draft.child.nodes[position], draft.partner(position)
    return Relation(draft.pairs[position], same(before.size), _fixed_input(node))


def _fixed_input(node: Node) -> frozenset[str]:
    return frozenset(node.facts.get("fixed", ()))


def _other(draft: Draft, position: int) -> Relation:
    node, before = draft.child.nodes[position], draft.partner(position)
    if len(node.inputs) != len(before.inputs) or not draft.copy(position):
        raise MorphismError(
            f"The layer {node.label!r} cannot be changed in its size; expected the "
            f"shapes {before.shapes!r}, found {node.shapes!r}."
        )
    for child, parent in zip(node.inputs, before.inputs, strict=True):
        relations = draft.relations[child]
        if not any(r.source == parent and r.units.is_same for r in relations):
            raise MorphismError(
                f"The layer {node.label!r} does not read what it read in the parent; "
                "expected the same units, as it is known as a whole only."
            )
    return Relation(draft.pairs[position], same(node.size))


def _normalised(node: Node, weights: Arrays) -> deeper.Moments | None:
    if node.kind != BATCH_NORM or not {"gamma", "beta"} <= weights.keys():
        return None
    return weights["beta"], np.square(weights["gamma"])
