"""What every engine is given, and the errors of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any


def check_arguments(
    num_workers: int, evaluator: str, settings: Mapping[str, Any]
) -> None:
    """Makes sure that an engine can be made of these.

    Raises:
        ValueError: If not.
    """
    if num_workers < 1:
        raise ValueError(f"num_workers={num_workers!r}: expected at least 1.")
    module, _, factory = evaluator.partition(":")
    if not module or not factory:
        raise ValueError(
            f"evaluator={evaluator!r}: expected a path 'package.module:factory'."
        )
    with contextlib.suppress(TypeError, ValueError):
        json.dumps(dict(settings), allow_nan=False)
        return
    raise ValueError(
        f"settings={settings!r} cannot be written as JSON. Use strings, finite "
        "numbers, booleans, lists and dicts."
    )
