"""The numbers in a Keras model, its optimiser and callbacks: taken out, put back.

For Keras 3 and tf_keras. All variables are kept, those of batch normalisation and of
the random seeds too. Not kept, so that a training that needs it goes on differently:
the position of TensorFlow's, NumPy's and Python's own random numbers where layers or
callbacks draw from them directly, and what a callback holds beside plain values,
arrays and functions of a module, an open file for instance.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MODEL, OPTIMIZER, CALLBACKS = "model", "optimizer", "callbacks"


def keras_of(model: Any) -> Any:
    """Returns the Keras that a model belongs to: Keras 3 or tf_keras."""
    legacy = any(c.__module__.split(".")[0] == "tf_keras" for c in type(model).__mro__)
    return importlib.import_module("tf_keras" if legacy else "keras")


def of_model(model: Any) -> list[Any]:
    """Returns copies of all of a built model's variables."""
    return [_array(variable) for variable in _variables(model)]


def put(model: Any, arrays: Sequence[Any]) -> bool:
    """Puts back what `of_model` returned; returns False if it does not fit."""
    return _assign(_variables(model), arrays)


def of_training(model: Any) -> dict[str, list[Any]]:
    """Returns the numbers of a model and its optimiser, by `MODEL` and `OPTIMIZER`.

    Empty where a model has further optimisers of its own: theirs cannot be put back
    before they have made a step.
    """
    if _has_other_optimizers(model):
        return {}
    optimizer = [_array(variable) for variable in _optimizer_variables(model)]
    return {MODEL: of_model(model), OPTIMIZER: optimizer}


def put_training(model: Any, arrays: Mapping[str, Sequence[Any]]) -> bool:
    """Puts back what `of_training` returned into a model that is built and compiled.

    Returns:
        False, and the model is as it was, if it does not fit.
    """
    if MODEL not in arrays or _has_other_optimizers(model):
        return False
    _build_optimizer(model)
    variables = _variables(model) + _optimizer_variables(model)
    return _assign(variables, [*arrays[MODEL], *arrays.get(OPTIMIZER, ())])


def of_callbacks(
    callbacks: Sequence[Any],
) -> tuple[tuple[Mapping[str, Any], ...], list[Any]]:
    """Returns the plain attributes of callbacks as strict JSON, and the arrays in them.

    With them `EarlyStopping`, `ReduceLROnPlateau` and `ModelCheckpoint` go on as if
    there had been no pause.
    """
    arrays: list[Any] = []
    states = [
        {"class": type(callback).__name__, "attributes": _attributes(callback, arrays)}
        for callback in callbacks
    ]
    return tuple(states), arrays


def put_callbacks(
    callbacks: Sequence[Any], states: Sequence[Mapping[str, Any]], arrays: Sequence[Any]
) -> None:
    """Puts back what `of_callbacks` returned, where the classes are the same."""
    for callback, state in zip(callbacks, states, strict=False):
        if type(callback).__name__ == state["class"]:
            for name, value in state["attributes"].items():
                setattr(callback, name, _from_json(value, arrays))


def _variables(model: Any) -> list[Any]:
    """Returns all variables; tf_keras does not count those of random generators."""
    variables = list(model.variables)
    if keras_of(model).__name__ == "tf_keras":
        for layer in model.submodules:
            generator = getattr(layer, "_random_generator", None)
            generator = getattr(generator, "_generator", None)
            if generator is not None:
                variables.append(generator.state)
    return variables


def _optimizer_variables(model: Any) -> list[Any]:
    variables = model.optimizer.variables
    variables = list(variables() if callable(variables) else variables)
    rate = getattr(model.optimizer, "learning_rate", None)  # One of several has none.
    known = {id(variable) for variable in variables}
    if hasattr(rate, "assign") and id(rate) not in known:
        variables.append(rate)  # In tf_keras it is not among them.
    return variables


def _build_optimizer(model: Any) -> None:
    if hasattr(model.optimizer, "build"):
        model.optimizer.build(model.trainable_variables)
    else:  # tf_keras.optimizers.legacy
        model.optimizer._create_all_weights(model.trainable_variables)


def _has_other_optimizers(model: Any) -> bool:
    return any(
        hasattr(value, "apply_gradients") and value is not model.optimizer
        for value in vars(model).values()
    )


def _array(variable: Any) -> Any:
    array = np.array(variable.numpy())
    # NumPy's files do not know bfloat16 and the like.
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)


def _assign(variables: Sequence[Any], arrays: Sequence[Any]) -> bool:
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [tuple(np.shape(array)) for array in arrays]:
        return False
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(np.asarray(array).astype(variable.numpy().dtype))
    return True


_NOT_STATE = ("model", "_model", "params", "validation_data")


def _attributes(callback: Any, arrays: list[Any]) -> dict[str, Any]:
    attributes = {}
    for name, value in vars(callback).items():
        try:
            if name not in _NOT_STATE:
                attributes[name] = _to_json(value, arrays)
        except TypeError:
            continue
    return attributes


def _to_json(value: Any, arrays: list[Any]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return {"list": [_to_json(item, arrays) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _to_json(item, arrays) for key, item in value.items()}}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays.append(value.copy())
        return {"array": len(arrays) - 1}
    if inspect.isfunction(value) and _function(_name(value)) is value:
        return {"function": _name(value)}  # Keras 3 chooses how to compare later.
    raise TypeError(f"{type(value).__name__} is no plain value")


def _name(function: Any) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _function(name: str) -> Any:
    module, _, qualified = name.partition(":")
    return getattr(importlib.import_module(module), qualified, None)


def _from_json(value: Any, arrays: Sequence[Any]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "float":
        return float(content)
    if kind == "list":
        return [_from_json(item, arrays) for item in content]
    if kind == "dict":
        return {key: _from_json(item, arrays) for key, item in content.items()}
    return _function(content) if kind == "function" else arrays[content]
