"""The weights of a child network: its parent's, so that it begins where that ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from tuner_component.errors import MorphismError
from tuner_component.morphism import inserted, matched, merging
from tuner_component.morphism.alignment import aligned
from tuner_component.morphism.draft import Draft, Relation
from tuner_component.morphism.network import ADD, CONCAT, Arrays, Network


@dataclasses.dataclass(frozen=True)
class Inherited:
    """What a child begins with.

    Attributes:
        weights: Of each layer, by name.
        slots: Of each layer, what the optimiser knows of it: slot to arrays by name.
        fates: Of each layer with weights: `"copied"`, `"widened"`, `"identity"` (it
            returns what it reads), `"silent"` (it returns zeros) or `"fresh"`; None of
            the others.
        why_not: Why the child does not compute what its parent does, a reason a layer;
            empty if it does.
    """

    weights: list[Arrays]
    slots: list[Mapping[str, Arrays]]
    fates: list[str | None]
    why_not: list[str]


def inherit(parent: Network, child: Network, seed: int) -> Inherited:
    """Returns what a child begins with: as much of its parent as fits.

    Where the change allows it, the child computes what the parent does. Elsewhere
    layers are copied where the shapes are equal, and are new where they are not.

    Args:
        parent: The trained network.
        child: The new one, with new weights.
        seed: Fixes which units are repeated, >= 0.
    """
    first = _drafted(Draft(parent, child, aligned(parent, child), seed))
    if not first.why_not:
        return first
    other = aligned(parent, child, any_wider=True)
    second = _drafted(Draft(parent, child, other, seed))
    return first if second.why_not else second


def _drafted(draft: Draft) -> Inherited:
    reasons: list[str] = []
    child = draft.child
    for position in range(len(child.nodes)):
        try:
            draft.relations[position] = _visit(draft, position)
        except MorphismError as error:
            draft.copy(position)
            reasons.append(str(error))
    if _is_preserved(draft):
        reasons = []
    elif not reasons:
        reasons = ["The outputs are not those of the parent."]
    return Inherited(draft.weights, draft.slots, draft.fates, reasons)


def _visit(draft: Draft, position: int) -> list[Relation]:
    if draft.child.nodes[position].kind in (ADD, CONCAT):
        return merging.visit(draft, position)
    if position in draft.pairs:
        return matched.visit(draft, position)
    return inserted.visit(draft, position)


def _is_preserved(draft: Draft) -> bool:
    parent, child = draft.parent.outputs, draft.child.outputs
    return 0 < len(parent) == len(child) and all(
        any(r.source == before and r.units.is_same for r in draft.relations[after])
        for before, after in zip(parent, child, strict=True)
    )
