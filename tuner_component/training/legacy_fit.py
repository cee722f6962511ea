"""tf_keras' own `fit`, with all steps of an epoch in one call of its graph.

Layers that draw random numbers, such as dropout, draw others than in single steps, and
the same in every run. All else is equal.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from tuner_component import model_state


def is_legacy(model: Any) -> bool:
    """Returns whether a model is one of tf_keras."""
    return bool(model_state.keras_of(model).__name__ == "tf_keras")


def why_not(model: Any, callbacks: Sequence[Any]) -> str:
    """Returns why a model must be trained a step at a time, or "".

    Args:
        model: A compiled model of tf_keras.
        callbacks: Its callbacks.
    """
    if getattr(model, "_steps_per_execution", None) is None:
        return f"{type(model).__name__} does not know steps_per_execution"
    if model.run_eagerly:
        return "the model is compiled with run_eagerly"
    for callback in callbacks:
        if _wants_batches(callback):
            return f"the callback {type(callback).__name__} has hooks for batches"
    return ""


def _wants_batches(callback: Any) -> bool:
    return any(
        getattr(callback, f"_implements_{kind}_batch_hooks", lambda: True)()
        for kind in ("train", "test")
    )


@contextlib.contextmanager
def steps_at_once(model: Any, num_steps: int) -> Iterator[None]:
    """Inside, a model of tf_keras makes so many steps in one call.

    What is left over at the end of an epoch, or of a validation, is a shorter call.
    """
    before = model._steps_per_execution
    functions = (model.train_function, model.test_function)
    model._configure_steps_per_execution(num_steps)
    model.train_function = model.test_function = None
    try:
        yield
    finally:
        # Not by assignment: it would become one of the model's variables.
        vars(model)["_steps_per_execution"] = before
        model.train_function, model.test_function = functions
