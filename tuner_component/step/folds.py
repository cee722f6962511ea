"""Whether the user's module asks for folds."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

from tuner_component.errors import PreflightError

FOLD_FUNCTION = "cross_validation"


def are_wanted(loaded: ModuleType) -> bool:
    """Returns whether a module has a `cross_validation()`.

    A function that takes more than ours may is one of the user's own.
    """
    function = getattr(loaded, FOLD_FUNCTION, None)
    if not inspect.isfunction(function):
        return False
    return set(inspect.signature(function).parameters) <= {"fn_args"}


def check_none(loaded: ModuleType) -> None:
    """Raises if the user wants folds of a tuner, which trains as it likes.

    A function that the module calls itself is one of the user's own.

    Raises:
        PreflightError: Says where it is to be instead.
    """
    if are_wanted(loaded) and not _is_called(loaded):
        raise PreflightError(
            f"The module {loaded.__name__!r} has {FOLD_FUNCTION}(), but the tuner that "
            "tuner_fn returns trains each trial itself, on data that it has from "
            f"there. Expected {FOLD_FUNCTION}() beside build_model(hp): write "
            f"that in place of tuner_fn, or remove {FOLD_FUNCTION}()."
        )


def _is_called(loaded: ModuleType) -> bool:
    try:
        tree = ast.parse(inspect.getsource(loaded))
    except OSError:
        return False
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return FOLD_FUNCTION in names
