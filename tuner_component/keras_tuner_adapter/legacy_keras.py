"""Lets KerasTuner work with tf_keras, the Keras 2 that TensorFlow still carries.

KerasTuner binds to `keras` where it is imported, and rejects the models of another
Keras. It still has its code for Keras 2, so it is enough to bind it anew; by then
others, such as TFX, have long imported it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tuner_component.errors import PreflightError

_VARIABLE = "TF_USE_LEGACY_KERAS"


def bind_keras(tuner_fn: Callable[..., Any]) -> None:
    """Binds KerasTuner, in this process, to the Keras that a `tuner_fn` uses.

    Raises:
        PreflightError: If that is tf_keras and it is not installed.
    """
    from keras_tuner.src.backend import config
    from keras_tuner.src.backend import keras as bound
    from keras_tuner.src.engine import tuner_utils

    is_legacy = uses_legacy_keras(_source(tuner_fn))
    if is_legacy != bool(config.multi_backend()):
        return
    keras = _tf_keras() if is_legacy else importlib.import_module("keras")
    public = {k: v for k, v in vars(keras).items() if not k.startswith("_")}
    vars(bound).update(public)
    config._MULTI_BACKEND = not is_legacy
    for callback in (tuner_utils.TunerCallback, tuner_utils.SaveBestEpoch):
        callback.__bases__ = (keras.callbacks.Callback,)


def for_workers() -> dict[str, str]:
    """Returns the variable with which `tf.keras` of a worker is what it is here.

    TensorFlow Transform says 1 wherever it is imported: too late for this process,
    where the Trainer builds its models, but not for those that it starts.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return {}
    try:
        model = tensorflow.keras.Model
    except ImportError:  # The variable asks for a tf_keras that is not installed.
        return {}
    return {_VARIABLE: str(int(model.__module__.startswith("tf_keras")))}


def uses_legacy_keras(source: str) -> bool:
    """Returns whether a user module builds tf_keras models.

    Args:
        source: The module's source. What it imports decides; where it has neither
            `tf_keras` nor `keras`, what `tf.keras` is in this process.
    """
    imported = {name.partition(".")[0] for name in _imports(source)}
    if "tf_keras" in imported or "keras" in imported:
        return "tf_keras" in imported
    variable = {**os.environ, **for_workers()}.get(_VARIABLE, "")
    return variable.lower() in ("1", "true")


def _tf_keras() -> ModuleType:
    try:
        return importlib.import_module("tf_keras")
    except ModuleNotFoundError as error:
        raise PreflightError(
            f"The model code uses tf_keras, which cannot be imported: {error}. "
            "Install the tf-keras that belongs to the release of TensorFlow, or use "
            f"Keras 3 and unset {_VARIABLE}."
        ) from error


def _source(tuner_fn: Callable[..., Any]) -> str:
    try:
        return Path(inspect.getfile(inspect.unwrap(tuner_fn))).read_text("utf-8")
    except (TypeError, OSError):
        return ""


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
