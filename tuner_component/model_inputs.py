"""Whether a model and the examples fit together, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion


def check(model: Any, features: Mapping[str, Any]) -> None:
    """Raises unless the data hold what the model's inputs name.

    A model whose inputs have no names of their own is left to Keras.

    Args:
        model: A Keras model (Keras 3 or tf_keras).
        features: Feature name to `tf.TypeSpec`.

    Raises:
        PreflightError: Names the input or the feature, and what to do.
    """
    import tensorflow as tf

    for name, tensor in _named_inputs(model).items():
        if name not in features:
            raise PreflightError(
                f"The model has the input {name!r}; the data have the features "
                f"{sorted(features)}.{suggestion(name, features)} Name the inputs "
                "of the model as the features are named after Transform."
            )
        dtype = _dtype(tensor)
        if features[name].dtype == tf.string and dtype != "string":
            raise PreflightError(
                f"The feature {name!r} holds strings, and the model's input of that "
                f"name takes {dtype}. Turn it into numbers in Transform, with "
                "tft.compute_and_apply_vocabulary say, or give the model an input of "
                "dtype 'string'."
            )


def names(model: Any) -> frozenset[str] | None:
    """Returns the features that a model with a dictionary of inputs takes, or None.

    Keras 3 matches a dictionary that holds more by position, not by name.
    """
    structure = _structure(model)
    return frozenset(structure) if isinstance(structure, Mapping) else None


def why_uneven(model: Any, batch: Mapping[str, Any]) -> str:
    """Returns which input a batch is too narrow or wide for, and what to do; or "".

    Args:
        model: A Keras model (Keras 3 or tf_keras).
        batch: Feature name to tensor, dense, sparse or ragged.
    """
    for name, tensor in _named_inputs(model).items():
        size, width = tuple(tensor.shape)[1:], _width(batch[name])
        if width is None or None in size or width == size:
            continue
        return (
            f"The feature {name!r} has lists of different lengths, as its schema "
            f"allows, and a batch is as wide as the longest in it: {width} in the "
            f"first. The model's input of that name takes {size}. Make the lists "
            "equally long in Transform, with tft.sparse_tensor_to_dense_with_shape "
            "say, or give the model an input of shape (None,)."
        )
    return ""


def _width(values: Any) -> tuple[int, ...] | None:
    """Returns the sizes without that of the batch; None where they never vary."""
    import tensorflow as tf

    if isinstance(values, tf.SparseTensor):
        return tuple(values.dense_shape.numpy()[1:].tolist())
    if isinstance(values, tf.RaggedTensor):
        return tuple(values.bounding_shape().numpy()[1:].tolist())
    return None


def _named_inputs(model: Any) -> dict[str, Any]:
    """Returns name to tensor; none where Keras does not go by names."""
    structure = _structure(model)
    if isinstance(structure, list | tuple) and len(structure) > 1:
        structure = {tensor.name.partition(":")[0]: tensor for tensor in structure}
    if not isinstance(structure, Mapping):
        return {}
    return dict(structure)


def _structure(model: Any) -> Any:
    try:
        return model.input
    except (AttributeError, ValueError):  # Subclassed, or not built yet.
        return None


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))
