"""Names that the user may have misspelt."""

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


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns " Did you mean 'x'?" for the closest known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
