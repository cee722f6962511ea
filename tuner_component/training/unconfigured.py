"""What decides about a model's graph without being in its configuration."""

from __future__ import annotations

import sys
import types
from typing import Any

_LIBRARIES = {"keras", "tensorflow", "numpy"}
_METHODS = {
    "call",
    "compute_loss",
    "compute_metrics",
    "get_metrics_result",
    "test_step",
    "train_step",
}


class UnknownError(Exception):
    """Something may differ between two models and not be seen here."""


def is_keras(thing: Any) -> bool:
    """Returns whether a thing's class is one of Keras'."""
    return type(thing).__module__.split(".")[0] == "keras"


def is_penalty(value: Any) -> bool:
    """Returns whether it is a regulariser of which only numbers differ."""
    return is_keras(value) and type(value).__name__ in ("L2", "L1L2")


def settings() -> list[str]:
    """Returns what the user's code may have set in Keras for this trial alone.

    Layers, losses and metrics read it when a graph of them is made.
    """
    from keras import config

    found = (config.epsilon, config.floatx, config.image_data_format)
    return [*(str(setting()) for setting in found), str(config.dtype_policy())]


def check_methods(model: Any) -> None:
    """Checks that methods and penalties are the classes', variables the model's.

    Raises:
        UnknownError: If they are not.
    """
    if _METHODS & set(vars(model)):
        raise UnknownError
    layers = model._flatten_layers(include_self=False)
    if any(getattr(layer, "stateful", False) for layer in layers):
        raise UnknownError  # Its states are none of the model's variables.
    penalties = {id(v) for each in layers for v in vars(each).values() if is_penalty(v)}
    for variable in model.variables:
        regularizer = variable.regularizer
        if regularizer is not None and id(regularizer) not in penalties:
            raise UnknownError


def adapted(model: Any) -> list[Any]:
    """Returns what layers have learned of data: it is a constant of the graph.

    Raises:
        UnknownError: If that is a vocabulary.
    """
    found = []
    for layer in model._flatten_layers(include_self=False):
        if type(layer).__name__ == "Normalization":
            for value in (layer.mean, layer.variance):
                found.append(None if value is None else value.numpy().tolist())
        elif hasattr(layer, "adapt"):
            raise UnknownError
    return found


def functions_of(model: Any) -> list[str]:
    """Returns layers' functions by their full names: Keras says only the last part.

    Raises:
        UnknownError: If one is the user's own.
    """
    found = []
    for layer in model._flatten_layers(include_self=False):
        for name, value in vars(layer).items():
            if _has_code(value):
                if not _is_of_library(value):
                    raise UnknownError
                found.append(f"{name} {value.__module__}.{value.__qualname__}")
    return found


def _is_of_library(thing: Any) -> bool:
    """Returns whether it is a function, class or module that nobody changes."""
    if isinstance(thing, types.ModuleType):
        module = thing.__name__
    elif isinstance(thing, type | types.BuiltinFunctionType) or _has_code(thing):
        module = str(thing.__module__)
    else:
        return False
    root = module.split(".")[0]
    return root in _LIBRARIES or root in sys.stdlib_module_names


def _has_code(thing: Any) -> bool:
    return hasattr(thing, "__code__")


def with_globals(function: Any, seen: frozenset[Any] = frozenset()) -> list[Any]:
    """Returns a function with what it reads of its module: that may change.

    Raises:
        UnknownError: If nobody can tell.
    """
    if _is_of_library(function):
        return [function]
    if type(function) is not types.FunctionType or function.__closure__:
        raise UnknownError
    if vars(function):
        raise UnknownError
    found: list[Any] = [function]
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        if value is None or isinstance(value, str | int | float | bool):
            found.append(value)
        elif value not in seen:
            found += with_globals(value, seen | {function, value})
    return found


def _names(code: types.CodeType) -> list[str]:
    """Returns the names in a function and in those within it."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return [*code.co_names, *(name for each in inner for name in _names(each))]
