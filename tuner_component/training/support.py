"""Whether a training can be one of graphs; if not, `fit` does it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FIT_ARGUMENTS = frozenset(
    {
        "class_weight",
        "epochs",
        "initial_epoch",
        "steps_per_epoch",
        "validation_freq",
        "validation_steps",
    }
)
"""What `fit` may be told here."""

_LIMITS = ("max_epochs", "max_steps_per_epoch")
"""What newer releases of Keras know, and the user's environment may say."""

_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)
_MODEL_METHODS = (
    "fit",
    "evaluate",
    "make_train_function",
    "make_test_function",
    "_make_function",
)
_logger = logging.getLogger(__name__)
_said: set[str] = set()


def why_not(model: Any, arguments: Iterable[str], callbacks: Sequence[Any]) -> str:
    """Returns why `fit` must train a model, or "".

    Args:
        model: A compiled Keras model.
        arguments: Names of what `fit` is told beside data and callbacks.
        callbacks: Keras callbacks.
    """
    return _about_model(model) or _about_fit(arguments) or _about_callbacks(callbacks)


def fall_back(reason: str) -> None:
    """Says once in this process why `fit` trains."""
    if reason not in _said:
        _said.add(reason)
        _logger.warning("Keras' fit trains, not the faster graph: %s.", reason)


def _about_model(model: Any) -> str:
    import keras
    import tensorflow as tf

    if not isinstance(model, keras.Model):
        return f"a {type(model).__module__.split('.')[0]} model is none of Keras 3"
    if keras.config.backend() != "tensorflow":
        return f"Keras runs on {keras.config.backend()}"
    if model.run_eagerly:
        return "the model is compiled with run_eagerly"
    if tf.config.functions_run_eagerly():
        return "tf.config.run_functions_eagerly(True) was called"
    if getattr(model, "_distribute_strategy", None) is not None:
        return "the model was made under a distribution strategy"
    for name in _MODEL_METHODS:
        if getattr(type(model), name, None) is not getattr(keras.Model, name, None):
            return f"{type(model).__name__} has {name}() of its own"
    return _about_optimizer(getattr(model, "optimizer", None))


def _about_optimizer(optimizer: Any) -> str:
    """Made within `fit`'s first step, this one never gets the weights to begin with."""
    import keras

    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    later = getattr(keras.optimizers, "ScheduleFreeAdamW", None)
    if later is None or not isinstance(optimizer, later) or optimizer.built:
        return ""
    return f"{type(optimizer).__name__} begins otherwise in single steps"


def _about_fit(arguments: Iterable[str]) -> str:
    from keras import config

    unknown = sorted(set(arguments) - _FIT_ARGUMENTS)
    if unknown:
        return f"fit() is told {', '.join(unknown)}"
    for name in _LIMITS:
        if getattr(config, name, lambda: None)() is not None:
            return f"keras.config.{name}() is a number"
    return ""


def _about_callbacks(callbacks: Sequence[Any]) -> str:
    for callback in callbacks:
        hooks = [hook for hook in _BATCH_HOOKS if _overrides(callback, hook)]
        if hooks and not _does_nothing_in_batches(callback):
            return f"the callback {type(callback).__name__} has {hooks[0]}()"
    return ""


def _overrides(callback: Any, hook: str) -> bool:
    return not getattr(getattr(callback, hook, None), "_is_default", False)


def _does_nothing_in_batches(callback: Any) -> bool:
    import keras

    settings: Mapping[str, Any] = vars(callback)
    if type(callback) is keras.callbacks.TensorBoard:
        return settings.get("update_freq") == "epoch" and not (
            settings.get("_should_trace", True)
            or settings.get("write_steps_per_second", True)
        )
    if type(callback) in (
        keras.callbacks.ModelCheckpoint,
        keras.callbacks.BackupAndRestore,
    ):
        return bool(settings.get("save_freq", settings.get("_save_freq")) == "epoch")
    return False
