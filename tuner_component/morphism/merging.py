"""Sums and concatenations: with more summands or parts than the parent's."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence

from tuner_component.errors import MorphismError
from tuner_component.morphism import deeper, skips
from tuner_component.morphism.draft import Draft, Relation
from tuner_component.morphism.network import (
    ACTIVATION,
    BATCH_NORM,
    CONCAT,
    CONV,
    DENSE,
    UNITWISE,
)
from tuner_component.morphism.units import none, side_by_side


def visit(draft: Draft, position: int) -> list[Relation]:
    """Returns what a layer with several inputs returns.

    Raises:
        MorphismError: If the parent has nothing like it.
    """
    is_sum = draft.child.nodes[position].kind != CONCAT
    if position in draft.pairs:
        found = _found(draft, position)
        join = _sum if is_sum else _concatenation
        return [join(draft, position, found)]
    parts = _new_sum if is_sum else _new_concatenation
    return parts(draft, position)


_Found = dict[int, Relation]
"""Place among a child's inputs -> which of the parent's inputs it is."""


def _found(draft: Draft, position: int) -> _Found:
    """Finds each input of the parent's layer among those of the child's."""
    node, before = draft.child.nodes[position], draft.partner(position)
    found: _Found = {}
    for wanted in before.inputs:
        candidates = (
            (place, relation)
            for place, read in enumerate(node.inputs)
            for relation in draft.relations[read]
            if place not in found and relation.source == wanted
        )
        pair = next(candidates, None)
        if pair is None:
            label = draft.parent.nodes[wanted].label
            raise MorphismError(
                f"The layer {node.label!r} reads nothing that returns what {label!r} "
                "of the parent does; expected each of the parent's inputs."
            )
        found[pair[0]] = pair[1]
    return found


def _sum(draft: Draft, position: int, found: _Found) -> Relation:
    node = draft.child.nodes[position]
    relations = list(found.values())
    first = relations[0].units
    if not all(each.units.equals(first) for each in relations):
        raise MorphismError(
            f"The summands of {node.label!r} have become wider in different ways; "
            "expected the width to change in a layer before each of them, or in none."
        )
    others = [read for place, read in enumerate(node.inputs) if place not in found]
    _silence(draft, position, others)
    return Relation(draft.pairs[position], first, _common(relations) - {"relu6"})


def _new_sum(draft: Draft, position: int) -> list[Relation]:
    """Keeps one summand, and makes the others zero."""
    node = draft.child.nodes[position]
    splits = [
        (kept, [*node.inputs[:place], *node.inputs[place + 1 :]])
        for place, kept in enumerate(node.inputs)
        if draft.relations[kept]
    ]
    for kept, others in splits:
        if None not in [_silent(draft, each, position) for each in others]:
            _silence(draft, position, others)
            return draft.relations[kept]
    for kept, others in splits:
        if _is_skip_of(draft, kept, others):
            weights = skips.less_identity(draft.child.nodes[kept], draft.weights[kept])
            draft.weights[kept] = weights
            return [
                dataclasses.replace(each, fixed=frozenset())
                for each in draft.relations[kept]
            ]
    raise MorphismError(
        f"The new sum {node.label!r} adds layers of the parent that it did not add; "
        "expected all summands but one to begin with a new layer, which can be zero, "
        "or a single dense or convolutional layer without activation between them."
    )


def _is_skip_of(draft: Draft, kept: int, others: Sequence[int]) -> bool:
    """Returns whether the only other summand is what a linear layer reads."""
    node = draft.child.nodes[kept]
    is_linear = node.kind in (DENSE, CONV)
    return (
        is_linear
        and tuple(others) == node.inputs
        and len(draft.child.readers(kept)) == 1
    )


def _silence(draft: Draft, position: int, others: Sequence[int]) -> None:
    for read in others:
        layer = _silent(draft, read, position)
        if layer is None:
            label = draft.child.nodes[read].label
            raise MorphismError(
                f"The sum {draft.child.nodes[position].label!r} has the new summand "
                f"{label!r}, which cannot be zero; expected one that begins with a "
                "new dense layer, convolution or normalisation."
            )
        node = draft.child.nodes[layer]
        draft.set_new(layer, skips.silent(node), "silent")


def _silent(draft: Draft, summand: int, position: int) -> int | None:
    """Returns the new layer that makes a summand zero if it is zero itself."""
    reader = position
    while draft.child.readers(summand) == [reader] and summand not in draft.pairs:
        node = draft.child.nodes[summand]
        if node.kind in (DENSE, CONV, BATCH_NORM):
            return summand if skips.can_be_silent(node) else None
        keeps_zero = node.kind == UNITWISE or (
            node.kind == ACTIVATION and node.facts["function"] in skips.ZERO_AT_ZERO
        )
        if not keeps_zero:
            return None
        reader, summand = summand, node.inputs[0]
    return None


def _concatenation(draft: Draft, position: int, found: _Found) -> Relation:
    node, before = draft.child.nodes[position], draft.partner(position)
    offsets, total = {}, 0
    for read in before.inputs:
        offsets[read] = total
        total += draft.parent.nodes[read].size
    parts = [
        found[place].units if place in found else none(draft.child.nodes[read].size)
        for place, read in enumerate(node.inputs)
    ]
    places = [
        offsets[found[place].source] if place in found else 0
        for place in range(len(node.inputs))
    ]
    units = side_by_side(parts, places)
    return Relation(draft.pairs[position], units, _common(found.values()))


def _new_concatenation(draft: Draft, position: int) -> list[Relation]:
    node = draft.child.nodes[position]
    sizes = [draft.child.nodes[read].size for read in node.inputs]
    joined = []
    for place, read in enumerate(node.inputs):
        for relation in draft.relations[read]:
            parts = [none(size) for size in sizes]
            parts[place] = relation.units
            units = side_by_side(parts, [0] * len(parts))
            joined.append(dataclasses.replace(relation, units=units, moments=None))
    if not joined:
        raise MorphismError(
            f"The new concatenation {node.label!r} holds nothing that the parent has."
        )
    return joined


def _common(relations: Iterable[Relation]) -> frozenset[str]:
    every = [relation.fixed for relation in relations]
    return functools.reduce(
        frozenset.intersection, every, deeper.NON_NEGATIVE | {"relu6"}
    )
