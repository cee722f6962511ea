"""Expressions over hyperparameters: parsed once, evaluated often, never `eval`.

The grammar is a small part of Python's: numbers, texts, booleans, names, the arithmetic
`+ - * / // % **`, comparisons and chains of them, `in` a list, `and`, `or`, `not`, and
the functions `min`, `max`, `abs`. A name that is no Python identifier is written
`hp['dense 1']`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.errors import SearchSpaceError

Evaluate = Callable[[Mapping[str, Any]], Any]

_MAX_LENGTH = 1_000
_MAX_NODES = 300
_MAX_BITS = 4_096
"""An integer power with more is undefined, like a float that overflows."""

_BRACKET = "hp"
_LISTS = (ast.List, ast.Tuple, ast.Set)
_FUNCTIONS: dict[str, Callable[..., Any]] = {"abs": abs, "max": max, "min": min}


def parse(text: str) -> ast.expr:
    """Returns the tree of an expression, all of it in the grammar.

    Raises:
        SearchSpaceError: Shows the place that is not understood.
    """
    if len(text) > _MAX_LENGTH:
        raise SearchSpaceError(
            f"Received a constraint of {len(text)} characters; expected at most "
            f"{_MAX_LENGTH}. Split it into several constraints."
        )
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = getattr(error, "offset", None) or len(text) + 1  # 0: at the end
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise _at(
            text,
            min(offset - 1, len(text)),
            f"cannot be read ({why})",
            "Expected an expression such as 'units_2 <= units_1'; write a name that is "
            "no Python identifier as hp['dense 1'].",
        ) from None
    if sum(1 for _ in ast.walk(tree)) > _MAX_NODES:
        raise SearchSpaceError(
            f"The constraint {text!r} has more than {_MAX_NODES} parts. Split it into "
            "several constraints."
        )
    compiled(tree, text)
    return tree


def error_at(text: str, node: ast.expr, problem: str, fix: str) -> SearchSpaceError:
    """Returns an error that shows a part of an expression.

    Args:
        text: The whole expression.
        node: The part.
        problem: What is wrong with it, to be read after "The constraint ...".
        fix: What to do.
    """
    column = len(text.encode()[: node.col_offset].decode(errors="ignore"))
    return _at(text, column, problem, fix)


def compiled(node: ast.expr, text: str) -> Evaluate:
    """Returns the function that evaluates a tree for values by name.

    It raises `KeyError` for a missing name, `ArithmeticError` where the arithmetic is
    undefined and `TypeError` where kinds clash. Its cost is bounded.

    Raises:
        SearchSpaceError: Shows the place that is not in the grammar.
    """
    for kind, compile_node in _COMPILERS.items():
        if isinstance(node, kind):
            return compile_node(node, text)
    raise error_at(
        text,
        node,
        f"holds a {type(node).__name__}, which is not allowed",
        "Expected names, numbers, texts, + - * / // % **, comparisons, 'in' a list, "
        "and, or, not, min, max, abs.",
    )


def name_of(node: ast.expr) -> str | None:
    """Returns the hyperparameter that a node is, or None if it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == _BRACKET
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    return None


def names(tree: ast.expr) -> set[str]:
    """Returns the hyperparameters that an expression names."""
    if isinstance(tree, ast.Call):
        parts: list[ast.AST] = list(tree.args)
    else:
        parts = list(ast.iter_child_nodes(tree))
    own = name_of(tree)
    if own is not None:
        return {own}
    return {
        name for part in parts if isinstance(part, ast.expr) for name in names(part)
    }


def _constant(node: Any, text: str) -> Evaluate:
    value = node.value
    if not isinstance(value, int | float | str):
        raise error_at(
            text,
            node,
            f"holds the literal {value!r}",
            "Expected a number, a text, True or False.",
        )
    return lambda _: value


def _name(node: Any, text: str) -> Evaluate:
    name = name_of(node)
    if name is None:
        raise error_at(
            text,
            node,
            "holds brackets that name no hyperparameter",
            "Write them as hp['dense 1'].",
        )
    return operator.itemgetter(name)


def _unary(node: Any, text: str) -> Evaluate:
    apply = _operator(_UNARY, node.op, node, text)
    operand = compiled(node.operand, text)
    return lambda values: apply(operand(values))


def _binary(node: Any, text: str) -> Evaluate:
    apply = _operator(_BINARY, node.op, node, text)
    left, right = compiled(node.left, text), compiled(node.right, text)
    return lambda values: apply(left(values), right(values))


def _boolean(node: Any, text: str) -> Evaluate:
    parts = [compiled(part, text) for part in node.values]
    every = all if isinstance(node.op, ast.And) else any
    return lambda values: every(part(values) for part in parts)


def _comparison(node: Any, text: str) -> Evaluate:
    first = compiled(node.left, text)
    steps = [
        (_operator(_COMPARISONS, op, node, text), _compared(op, right, text))
        for op, right in zip(node.ops, node.comparators, strict=True)
    ]

    def evaluate(values: Mapping[str, Any]) -> bool:
        left = first(values)
        for compare, following in steps:
            right = following(values)
            if not compare(left, right):
                return False
            left = right
        return True

    return evaluate


def _compared(op: ast.cmpop, right: ast.expr, text: str) -> Evaluate:
    if not isinstance(op, ast.In | ast.NotIn):
        return compiled(right, text)
    if not isinstance(right, _LISTS):
        raise error_at(
            text,
            right,
            "has an 'in' that is not followed by a list",
            "Write the values in brackets: optimizer in ['sgd', 'adam'].",
        )
    members = [compiled(member, text) for member in right.elts]
    return lambda values: [member(values) for member in members]


def _call(node: Any, text: str) -> Evaluate:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    least = 1 if name == "abs" else 2
    fits = len(node.args) == 1 if name == "abs" else len(node.args) >= least
    if name not in _FUNCTIONS or node.keywords or not fits:
        raise error_at(
            text,
            node,
            "holds a call that is not allowed",
            "Expected min(a, b), max(a, b) or abs(a).",
        )
    apply = _FUNCTIONS[name]
    arguments = [compiled(argument, text) for argument in node.args]
    return lambda values: apply(*[argument(values) for argument in arguments])


def _power(base: Any, exponent: Any) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and base.bit_length() * exponent > _MAX_BITS:
        raise OverflowError("The power is too large.")
    power = base**exponent
    if isinstance(power, complex):
        raise ArithmeticError("The power is not a real number.")
    return power


def _operator(
    known: Mapping[type, Callable[..., Any]], op: object, node: ast.expr, text: str
) -> Callable[..., Any]:
    if type(op) not in known:
        raise error_at(
            text,
            node,
            f"holds the operator {type(op).__name__}, which is not allowed",
            "Expected + - * / // % **, < <= == != >= >, in, and, or, not.",
        )
    return known[type(op)]


def _at(text: str, column: int, problem: str, fix: str) -> SearchSpaceError:
    return SearchSpaceError(
        f"The constraint {text!r} {problem}:\n    {text}\n    {' ' * column}^\n{fix}"
    )


_UNARY: dict[type, Callable[..., Any]] = {
    ast.Not: operator.not_,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_BINARY: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Mult: operator.mul,
    ast.Pow: _power,
    ast.Sub: operator.sub,
}
_COMPARISONS: dict[type, Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, members: left in members,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.NotEq: operator.ne,
    ast.NotIn: lambda left, members: left not in members,
}
_COMPILERS: dict[type, Callable[[Any, str], Evaluate]] = {
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Subscript: _name,
    ast.UnaryOp: _unary,
}
