"""Layers of a child that its parent does not have, with one input."""

from __future__ import annotations

import dataclasses

from tuner_component.errors import MorphismError
from tuner_component.morphism import deeper, matched
from tuner_component.morphism.draft import Draft, Relation
from tuner_component.morphism.network import (
    ACTIVATION,
    BATCH_NORM,
    CONV,
    DENSE,
    DEPTHWISE,
)
from tuner_component.morphism.units import same


def visit(draft: Draft, position: int) -> list[Relation]:
    """Lets a new layer return what it reads.

    Returns:
        What it returns.

    Raises:
        MorphismError: If the layer cannot do that.
    """
    node = draft.child.nodes[position]
    read = draft.relations[node.inputs[0]] if node.inputs else []
    if not read:
        raise MorphismError(
            f"The new layer {node.label!r} reads nothing that the parent has; expected "
            "only changes before it that keep the function."
        )
    if node.kind in (DENSE, CONV, DEPTHWISE, BATCH_NORM):
        return _identity(draft, position, read)
    if node.kind == ACTIVATION:
        return _activated(draft, position, read)
    raise MorphismError(
        f"The new layer {node.label!r} changes what it reads; expected a dense layer, "
        "a convolution, a normalisation or an activation."
    )


def _identity(draft: Draft, position: int, read: list[Relation]) -> list[Relation]:
    node = draft.child.nodes[position]
    old = len(read[0].units.of)
    makes = same(old)
    if not node.keeps_size:
        makes = draft.wider(position, old, node.size)
    weights = deeper.identity(node, makes, read[0].moments)
    draft.set_new(position, weights, "identity")
    return [
        dataclasses.replace(
            each,
            units=each.units.then(makes),
            moments=each.moments
            and (each.moments[0][makes.of], each.moments[1][makes.of]),
        )
        for each in read
    ]


def _activated(draft: Draft, position: int, read: list[Relation]) -> list[Relation]:
    node = draft.child.nodes[position]
    function = node.facts["function"]
    found = [each for each in read if function in each.fixed]
    if not found:
        raise MorphismError(
            f"The new activation {node.label!r} is {function!r}, which changes what it "
            "reads; expected one that leaves it alone, as 'relu' does after 'relu'."
        )
    return [
        dataclasses.replace(
            each,
            fixed=each.fixed | matched.after(node, each)[0],
        )
        for each in found
    ]
