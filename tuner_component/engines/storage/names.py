"""Names from outside that become parts of the names of objects."""

from __future__ import annotations

import re

from tuner_component.errors import EngineError

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_name(name: str, what: str) -> None:
    """Makes sure that a name from outside is no path.

    Raises:
        EngineError: If it is none of 1 to 64 letters, digits, "_" and "-".
    """
    if not _PLAIN.fullmatch(name):
        raise EngineError(
            f"{what} is {name!r}; expected 1 to 64 letters, digits, '_' and '-'."
        )
