"""Writes a model as a SavedModel, whatever its inputs are called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tuner_component import model_inputs

_VALID = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.-]*")


def export(model: Any, path: str) -> None:
    """Writes a Keras model as a SavedModel.

    TensorFlow has no arguments called "sq ft" or "größe": in the signatures they are
    sq_ft and gr__e. The `serve` of the loaded model takes the names of the inputs.

    Args:
        model: A Keras model (Keras 3 or tf_keras).
        path: The folder.
    """
    names = model_inputs.names(model) or ()
    takes_signature = "input_signature" in inspect.signature(model.export).parameters
    if all(map(_VALID.fullmatch, names)) or not takes_signature:
        model.export(path)
    else:
        model.export(path, input_signature=[_signature(model.input)])


def _signature(inputs: Mapping[str, Any]) -> dict[str, Any]:
    import tensorflow as tf

    arguments = dict(zip(inputs, _arguments(inputs), strict=True))
    return {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=arguments[name])
        for name, tensor in inputs.items()
    }


def _arguments(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        argument = re.sub("^_", "x_", re.sub(r"\W", "_", name, flags=re.ASCII))
        while argument in found:
            argument += "_"
        found.append(argument)
    return found
