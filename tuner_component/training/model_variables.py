"""The variables of a compiled model: of its layers, metrics and optimiser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tuner_component.training.batches import any_number


def make_variables(model: Any, batch: Any) -> None:
    """Makes what variables a compiled model, its metrics and optimiser lack.

    Args:
        model: Compiled.
        batch: Features, label and weight, or their specifications.
    """
    import tensorflow as tf

    with _nothing_computed(model):
        model._symbolic_build(data_batch=tf.nest.map_structure(any_number, batch))


def make_metrics(model: Any, batch: Any) -> None:
    """Makes what `compile` was told of metrics, in a hundredth of the time.

    Args:
        model: Compiled, with all other variables.
        batch: As for `make_variables`.
    """
    import keras
    import tensorflow as tf

    outputs = _known_outputs(model)
    if outputs is None:
        make_variables(model, batch)
        return
    label = tf.nest.map_structure(
        lambda part: keras.KerasTensor((None, *part.shape[1:]), part.dtype.name),
        batch[1] if len(batch) > 1 else None,
    )
    for part in (model._compile_metrics, model._compile_loss):
        if part is not None and not part.built:
            part.build(label, outputs)


@contextlib.contextmanager
def _nothing_computed(model: Any) -> Iterator[None]:
    """Inside, a call of a model whose outputs are known runs none of its layers."""
    import tensorflow as tf

    outputs = _known_outputs(model)
    if outputs is None:
        yield
        return

    def call(*_: Any, **__: Any) -> Any:
        return tf.nest.map_structure(
            lambda output: tf.compat.v1.placeholder(output.dtype, output.shape), outputs
        )

    vars(model)["call"] = call
    try:
        yield
    finally:
        del vars(model)["call"]


def _known_outputs(model: Any) -> Any:
    """Returns a model's symbolic outputs; None where only a call can tell."""
    import tensorflow as tf

    functional = getattr(model, "_functional", None) or model
    outputs = getattr(functional, "_outputs_struct", None)
    is_plain = type(model).__name__ in ("Functional", "Sequential")
    if not is_plain or "call" in vars(model) or outputs is None:
        return None
    shapes = [output.shape[1:] for output in tf.nest.flatten(outputs)]
    return None if any(None in shape for shape in shapes) else outputs
