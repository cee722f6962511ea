"""How the identities of two searches differ, for people."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_HASH = re.compile(r"[0-9a-f]{16,}")
_MAX_LINES = 6
_MAX_LENGTH = 60
_CONTEXT = 16


def describe(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Returns one line for each thing that changed, a few at most.

    Args:
        old: Part name to JSON, of the parts that differ.
        new: The same parts of the other search.
    """
    lines = [line for name in {**old, **new} for line in _part(name, old, new)]
    if len(lines) > _MAX_LINES:
        lines[_MAX_LINES - 1 :] = [f"and {len(lines) - _MAX_LINES + 1} more"]
    return lines


def _part(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    one, other = dict(_leaves(name, old)), dict(_leaves(name, new))
    for key in {**one, **other}:
        if one.get(key) != other.get(key):
            yield f"{key}: {_change(one.get(key), other.get(key))}"


def _leaves(name: str, owner: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields dotted names and values as JSON text."""
    value = owner.get(name)
    if isinstance(value, Mapping) and value:
        for key in value:
            for path, leaf in _leaves(key, value):
                yield f"{name}.{path}", leaf
    elif name in owner:
        yield name, json.dumps(value)


def _change(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"{_shown(old or '')} is gone" if new is None else f"new, {_shown(new)}"
    if _HASH.fullmatch(old.strip('"')) and _HASH.fullmatch(new.strip('"')):
        return "changed"
    start = 0
    if max(len(old), len(new)) > _MAX_LENGTH:
        pairs = zip(old, new, strict=False)
        num_equal = sum(1 for _ in itertools.takewhile(lambda p: p[0] == p[1], pairs))
        start = max(num_equal - _CONTEXT, 0)
    return f"{_shown(old, start)} -> {_shown(new, start)}"


def _shown(text: str, start: int = 0) -> str:
    end = start + _MAX_LENGTH
    return (
        ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
    )
