"""Whether models can train together, and whether it pays."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal

from tuner_component.training.structure import Structure

_READ_NO_WEIGHTS = ("ReduceLROnPlateau", "LearningRateScheduler", "CSVLogger")
_logger = logging.getLogger(__name__)
_said: set[str] = set()


def why_not(model: Any, structure: Structure | None) -> str:
    """Returns why a model must train alone, or "".

    Args:
        model: Compiled and built.
        structure: Its own, or None.
    """
    if structure is None:
        return "the model is not of Keras' own layers, losses and optimisers alone"
    if not all(map(callable, structure.key[1:])):
        # All models are there before one trains: it may have changed for each.
        return "a loss or metric of the model code reads a variable of its module"
    return _about_optimizer(model.optimizer) or _about_layers(model)


def alone(reason: str) -> None:
    """Says once in this process why a trial trains alone."""
    if reason not in _said:
        _said.add(reason)
        _logger.warning("Trials train one by one, not together: %s.", reason)


Needs = Literal["nothing", "rate", "weights"]
"""What of a model callbacks may read or change at the end of an epoch."""


def needs_of(callbacks: Sequence[Any]) -> Needs:
    """Returns what these callbacks may read or change."""
    if any(map(_reads_weights, callbacks)):
        return "weights"
    return "rate" if callbacks else "nothing"


def _reads_weights(callback: Any) -> bool:
    kind = type(callback)
    if kind.__module__.split(".")[0] != "keras":
        return True
    if kind.__name__ == "EarlyStopping":
        return bool(callback.restore_best_weights)
    return kind.__name__ not in _READ_NO_WEIGHTS


def _about_optimizer(optimizer: Any) -> str:
    if optimizer.use_ema:
        return "the optimiser averages the weights"
    if optimizer.gradient_accumulation_steps:
        return "the optimiser accumulates gradients"
    return ""


def _about_layers(model: Any) -> str:
    import keras

    for layer in model._flatten_layers(include_self=False):
        name = type(layer).__name__
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
            return f"{name} loops over its input"
        if "Conv" in name:
            return f"{name} is no faster together"
        if getattr(layer, "compute_dtype", "float32") not in ("float32", "float64"):
            return "mixed precision rounds otherwise together"
    return ""
