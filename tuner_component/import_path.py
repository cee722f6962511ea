"""Import paths "package.module:name": how one process names code for another."""

from __future__ import annotations

import importlib
from typing import Any


def load(path: str) -> Any:
    """Imports the module of a path and returns what the path names in it.

    Raises:
        ImportError: If there is no such module.
        AttributeError: If the module has no such name.
    """
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
