"""Which kinds of values an expression compares, before it has any."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Literal

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.expression import error_at, name_of
from tuner_component.search_space.parameter import Parameter
from tuner_component.spelling import suggestion

Kind = Literal["number", "text", "boolean"]

_CALLED = {"number": "a number", "text": "a text", "boolean": "True or False"}


def check_kinds(constraint: Constraint, parameters: Sequence[Parameter]) -> None:
    """Raises unless a constraint makes sense for the parameters.

    Raises:
        SearchSpaceError: Names what is unknown, or shows what cannot be compared or
            computed, a text that a hyperparameter cannot be, or an expression that is
            not true or false.
    """
    kinds = {parameter.name: _kind_of(parameter.default) for parameter in parameters}
    if not constraint.names:
        raise SearchSpaceError(
            f"The constraint {constraint.text!r} names no hyperparameter; expected "
            f"some of {sorted(kinds)}. Correct it or leave it out."
        )
    for name in sorted(constraint.names):
        _check_name(constraint.text, name, kinds)
        found = {_kind_of(p.default) for p in parameters if p.name == name}
        if len(found) > 1:
            several = " but ".join(f"{_CALLED[kind]}" for kind in sorted(found))
            raise SearchSpaceError(
                f"The constraint {constraint.text!r} names {name!r}, which under some "
                f"conditions is {several} under others. Give the hyperparameters "
                "different names."
            )
    texts = {
        name: _texts(name, parameters)
        for name in constraint.names
        if kinds[name] == "text"
    }
    _Reader(constraint.text, kinds, texts).expect(constraint.tree, ("boolean",))


class _Reader:
    def __init__(
        self, text: str, kinds: Mapping[str, Kind], texts: Mapping[str, set[str]]
    ) -> None:
        self._text, self._kinds, self._texts = text, kinds, texts

    def expect(self, node: ast.expr, expected: Sequence[Kind]) -> Kind:
        kind = self._kind(node)
        if kind not in expected:
            raise error_at(
                self._text,
                node,
                f"has {_CALLED[kind]} where {_CALLED[expected[0]]} is expected",
                "Texts can only be compared; and, or, not join comparisons, as in "
                "'units_2 <= units_1 and units_2 < 64'.",
            )
        return kind

    def _kind(self, node: ast.expr) -> Kind:
        name = name_of(node)
        if name is not None:
            return self._kinds[name]
        if isinstance(node, ast.Constant):
            return _kind_of(node.value)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.BoolOp):
            return self._all(node.values, ("boolean",))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.expect(node.operand, ("boolean",))
        return self._computed(node)

    def _all(self, nodes: Sequence[ast.expr], expected: Sequence[Kind]) -> Kind:
        for node in nodes:
            self.expect(node, expected)
        return expected[0]

    def _computed(self, node: ast.expr) -> Kind:
        parts = [part for part in ast.iter_child_nodes(node) if _is_operand(node, part)]
        return self._all(parts, ("number", "boolean"))  # type: ignore[arg-type]

    def _compared(self, node: ast.Compare) -> Kind:
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            within = isinstance(right, ast.List | ast.Tuple | ast.Set)
            for other in right.elts if within else [right]:  # type: ignore[attr-defined]
                self._check_pair(left, other)
                if isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
                    self._check_text(left, other)
                    self._check_text(other, left)
            left = right
        return "boolean"

    def _check_pair(self, left: ast.expr, right: ast.expr) -> None:
        kinds = self._kind(left), self._kind(right)
        if len({kind == "text" for kind in kinds}) > 1:
            one, other = (
                f"{ast.unparse(node)} ({_CALLED[kind]})"
                for node, kind in zip((left, right), kinds, strict=True)
            )
            raise error_at(
                self._text,
                left,
                f"compares {one} with {other}",
                "Compare numbers with numbers and texts with texts.",
            )

    def _check_text(self, node: ast.expr, other: ast.expr) -> None:
        """Raises if a hyperparameter can never be the text that it is compared with."""
        known = self._texts.get(name_of(node) or "", set())
        text = other.value if isinstance(other, ast.Constant) else None
        if known and isinstance(text, str) and text not in known:
            raise error_at(
                self._text,
                other,
                f"compares {name_of(node)!r} with {text!r}, which it cannot be",
                f"Expected one of {sorted(known)}.{suggestion(text, known)}",
            )


def _texts(name: str, parameters: Sequence[Parameter]) -> set[str]:
    values = (p.values() or () for p in parameters if p.name == name)
    return {value for some in values for value in some if isinstance(value, str)}


def _is_operand(node: ast.expr, part: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(part, ast.expr) and part is not called


def _check_name(text: str, name: str, known: Mapping[str, Kind]) -> None:
    if name not in known:
        raise SearchSpaceError(
            f"The constraint {text!r} names {name!r}, which is no hyperparameter; "
            f"expected some of {sorted(known)}.{suggestion(name, known)}"
        )


def _kind_of(value: object) -> Kind:
    if isinstance(value, str):
        return "text"
    return "boolean" if isinstance(value, bool) else "number"
