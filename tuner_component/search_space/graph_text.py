"""One text for every graph of operations that computes the same."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Term:
    """What a part of the graph computes.

    Attributes:
        label: An input, an operation, or how operands are joined.
        operands: What it is computed from.
        number: Tells operations with weights of their own apart; None for all else.
    """

    label: str
    operands: tuple[Term, ...] = ()
    number: int | None = None


def merged(how: str, operands: Sequence[Term]) -> Term | None:
    """Returns operands joined; a single one is itself, none is None.

    What is joined the same way already is taken apart: (a + b) + c is a + b + c.
    """
    flat: list[Term] = []
    for term in operands:
        is_same = term.label == how and term.number is None and term.operands
        flat.extend(term.operands if is_same else [term])
    if len(flat) < 2:
        return flat[0] if flat else None
    return Term(how, tuple(flat))


def text_of(output: Term) -> str:
    """Returns a text that is the same for equal graphs only.

    The operands of a term have no order. An operation with weights that is used in
    several places is one operation there: it gets a name, and the least text over all
    ways to name what looks alike is the graph's.
    """
    output = Term("", (output,))
    weighted = _weighted(output)
    readers = (output, *weighted.values())
    uses = Counter(each.number for term in readers for each in _direct(term))
    shared = [number for number in weighted if uses[number] > 1]
    return min(
        _named(output, weighted, order) for order in _orders(output, weighted, shared)
    )


def _named(output: Term, weighted: Mapping[int, Term], order: Sequence[int]) -> str:
    names = {number: f"#{place}" for place, number in enumerate(order)}
    lines = [f"{names[number]}={_body(weighted[number], names)}" for number in order]
    return ";".join([*lines, _text(output.operands[0], names)])


def _orders(
    output: Term, weighted: Mapping[int, Term], shared: Sequence[int]
) -> Iterator[list[int]]:
    """Yields the orders in which shared operations may be named."""
    users: dict[int, list[str]] = {number: [] for number in shared}
    for term in (output, *weighted.values()):
        for each in _direct(term):
            if each.number in users:
                users[each.number].append(_text(term, {}))
    looks = {
        number: (_text(weighted[number], {}), *sorted(users[number]))
        for number in shared
    }
    alike = itertools.groupby(sorted(shared, key=looks.__getitem__), looks.__getitem__)
    groups = [list(group) for _, group in alike]
    for chosen in itertools.product(*map(itertools.permutations, groups)):
        yield [number for group in chosen for number in group]


def _weighted(output: Term) -> dict[int, Term]:
    """Returns every operation with weights, by its number."""
    found: dict[int, Term] = {}
    waiting = list(_direct(output))
    while waiting:
        term = waiting.pop()
        if term.number is not None and term.number not in found:
            found[term.number] = term
            waiting.extend(_direct(term))
    return found


def _direct(term: Term) -> Iterator[Term]:
    """Yields the operations with weights that a term reads without another between."""
    for operand in term.operands:
        if operand.number is None:
            yield from _direct(operand)
        else:
            yield operand


def _text(term: Term, names: Mapping[int, str]) -> str:
    if term.number is not None and term.number in names:
        return names[term.number]
    return _body(term, names)


def _body(term: Term, names: Mapping[int, str]) -> str:
    if not term.operands:
        return term.label
    operands = sorted(_text(operand, names) for operand in term.operands)
    weights = "" if term.number is None else "!"
    return f"{term.label}{weights}({','.join(operands)})"
