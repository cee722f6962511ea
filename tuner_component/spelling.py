"""What the user wrote: names that may be misspelt, values that messages show."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


def check_names(owner: str, given: Mapping[str, Any], known: list[str]) -> None:
    """Raises if `given` holds a name that `known` does not.

    Raises:
        ValueError: Names the unknown option, the known ones and the closest.
    """
    for name in given:
        if name not in known:
            raise ValueError(
                f"{owner} has no option {name!r}; expected one of {sorted(known)}."
                + suggestion(name, known)
            )


def shown(value: object) -> str:
    """Returns a value for a message, with its type where that is not Python's own.

    NumPy's 3 is written as Python's.
    """
    kind = type(value)
    if kind.__module__ == "builtins":
        return repr(value)
    return f"{value!r} of type {kind.__module__}.{kind.__qualname__}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns " Did you mean 'x'?" for the closest known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
