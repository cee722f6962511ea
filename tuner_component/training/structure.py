"""What of a model decides about its graph, and what only about numbers in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tuner_component.training.numbers import Places
from tuner_component.training.unconfigured import (
    UnknownError,
    adapted,
    check_methods,
    functions_of,
    is_keras,
    is_penalty,
    settings,
    with_globals,
)

_LAYER_NUMBERS = {
    "Dropout": ("rate",),
    "SpatialDropout1D": ("rate",),
    "SpatialDropout2D": ("rate",),
    "GaussianNoise": ("stddev",),
    "L2": ("l2",),
    "L1L2": ("l1", "l2"),
}
_OPTIMIZER_NUMBERS = {
    "SGD": ("momentum",),
    "Adam": ("beta_1", "beta_2", "epsilon"),
    "AdamW": ("beta_1", "beta_2", "epsilon", "weight_decay"),
    "RMSprop": ("rho", "momentum", "epsilon"),
}
_OPTIMIZERS = {*_OPTIMIZER_NUMBERS, "Adagrad", "Adadelta", "Adamax", "Lion", "Ftrl"}
_USUAL = {
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-7,
    "rho": 0.9,
    "weight_decay": 0.004,
}
_SCHEDULE_NUMBERS = {
    "ExponentialDecay": ("initial_learning_rate", "decay_rate"),
    "CosineDecay": ("initial_learning_rate", "alpha"),
    "InverseTimeDecay": ("initial_learning_rate", "decay_rate"),
    "PolynomialDecay": ("initial_learning_rate", "end_learning_rate"),
}


@dataclasses.dataclass(frozen=True)
class Structure:
    """A model, without its numbers.

    Attributes:
        key: Equal for two models of one graph.
        numbers: Where the numbers are that this graph can read anew.
    """

    key: tuple[Any, ...]
    numbers: Places


def structure_of(model: Any) -> Structure | None:
    """Returns a built Keras 3 model's structure; None: it cannot be known for sure.

    Known are models of Keras' own layers, losses and metrics. Initial values, random
    seeds and the learning rate are variables of a model, no part of its graph.
    """
    if not is_keras(model) or type(model).__name__ not in ("Functional", "Sequential"):
        return None
    try:
        functions: list[Any] = []
        check_methods(model)
        numbers = {**_of_layers(model), **_of_optimizer(model.optimizer)}
        parts = [
            _layer_graph(model.get_config()),
            _optimizer(model.optimizer, numbers),
            _compiled(model, functions),
            [[list(v.shape), str(v.dtype), v.trainable] for v in model.variables],
            adapted(model),
            functions_of(model),
            sorted(numbers),
            settings(),
        ]
        return Structure((json.dumps(parts, sort_keys=True), *functions), numbers)
    except (UnknownError, TypeError, ValueError, AttributeError, NotImplementedError):
        return None


def _of_layers(model: Any) -> dict[str, tuple[Any, str]]:
    found = {}
    for position, layer in enumerate(model._flatten_layers(include_self=False)):
        if not is_keras(layer) or "call" in vars(layer):
            raise UnknownError
        owners = {"": layer, **{n: v for n, v in vars(layer).items() if is_penalty(v)}}
        for name, owner in owners.items():
            for attribute in _LAYER_NUMBERS.get(type(owner).__name__, ()):
                if _is_number(getattr(owner, attribute)):
                    found[f"{position}.{name}.{attribute}"] = (owner, attribute)
    return found


def _is_number(value: Any) -> bool:
    """Zero decides about the graph, and so does one: where everything is dropped."""
    return type(value) is float and value not in (0, 1)


def _of_optimizer(optimizer: Any) -> dict[str, tuple[Any, str]]:
    found = {}
    for owner, table in (
        (optimizer, _OPTIMIZER_NUMBERS),
        (optimizer._learning_rate, _SCHEDULE_NUMBERS),
    ):
        for attribute in table.get(type(owner).__name__, ()) if is_keras(owner) else ():
            value = getattr(owner, attribute)
            if _is_number(value) and value != _USUAL.get(attribute):
                found[f"{type(owner).__name__}.{attribute}"] = (owner, attribute)
    return found


def _optimizer(optimizer: Any, numbers: Places) -> Any:
    if not is_keras(optimizer) or type(optimizer).__name__ not in _OPTIMIZERS:
        raise UnknownError
    if hasattr(optimizer, "_exclude_from_weight_decay"):
        raise UnknownError
    config = optimizer.get_config()
    if hasattr(optimizer._learning_rate, "assign"):
        config["learning_rate"] = None
    elif not is_keras(optimizer._learning_rate):
        raise UnknownError
    else:
        rate = optimizer._learning_rate
        config["learning_rate"] = _without(rate.get_config(), rate, numbers)
        config["schedule"] = type(rate).__name__
    return [type(optimizer).__name__, _without(config, optimizer, numbers)]


def _without(config: Mapping[str, Any], owner: Any, numbers: Places) -> dict[str, Any]:
    gone = {attribute for other, attribute in numbers.values() if other is owner}
    return {name: value for name, value in config.items() if name not in gone}


def _layer_graph(config: Any) -> Any:
    """Returns a configuration without initial values, seeds and numbers."""
    if isinstance(config, list | tuple):
        return [_layer_graph(item) for item in config]
    if not isinstance(config, dict):
        return config
    kind, module = str(config.get("class_name")), str(config.get("module"))
    if "class_name" in config and "config" in config:
        if kind.startswith("__") and kind not in ("__keras_tensor__", "__tuple__"):
            raise UnknownError
        if "module" in config and module.split(".")[0] != "keras":
            raise UnknownError
        if kind == "Lambda":
            raise UnknownError
        if module == "keras.initializers":
            return "initial"
        inner, numbers = config["config"], _LAYER_NUMBERS.get(kind, ())
        if isinstance(inner, dict):
            inner = {
                name: "number" if name in numbers and _is_number(value) else value
                for name, value in inner.items()
                if name != "seed"
            }
        config = {**config, "config": inner}
    return {str(name): _layer_graph(value) for name, value in config.items()}


def _compiled(model: Any, functions: list[Any]) -> Any:
    given = dict(model._compile_config.config)
    given.pop("optimizer", None)
    return [_argument(given, functions), bool(model.jit_compile)]


def _argument(value: Any, functions: list[Any]) -> Any:
    """Returns an argument of `compile` as JSON; functions are kept beside it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_argument(item, functions) for item in value]
    if isinstance(value, dict):
        return {str(name): _argument(item, functions) for name, item in value.items()}
    if callable(value) and hasattr(value, "__code__"):
        functions += with_globals(value)
        return "function"
    if is_keras(value):
        # The configuration of a loss leaves this out; that of Huber, `delta`.
        left_out = [getattr(value, "dtype", None), getattr(value, "_fn_kwargs", None)]
        config = [_layer_graph(value.get_config()), _argument(left_out, functions)]
        return [type(value).__name__, *config]
    raise UnknownError
