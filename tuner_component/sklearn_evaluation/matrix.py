"""A split as the matrix and the labels that a scikit-learn estimator takes."""

from __future__ import annotations

import dataclasses
from typing import Any

from tuner_component.data import Split
from tuner_component.errors import TrialFailedError

_READ_BATCH = 4096


@dataclasses.dataclass(frozen=True)
class Matrix:
    """One split in memory.

    Attributes:
        x: Features, floats of shape `(num_examples, num_columns)`; a missing value
            is NaN.
        y: Labels of shape `(num_examples,)`, or `(num_examples, num_outputs)` where
            the label is a vector.
        columns: What each column of `x` holds: a feature's name, with an index
            behind it where the feature is a vector.
    """

    x: Any
    y: Any
    columns: tuple[str, ...]


def read(split: Split, max_bytes: int = 1 << 30) -> Matrix:
    """Reads a split into memory, its features in the schema's order.

    Args:
        split: The split.
        max_bytes: Size at most of features and labels in memory.

    Raises:
        TrialFailedError: If it is larger, or holds what is no number.
    """
    import numpy as np

    parts: dict[str, list[Any]] = {}
    labels: list[Any] = []
    num_bytes = 0
    for features, label in split.batches(_READ_BATCH):
        labels.append(_label(label))
        batch = {name: _dense(name, tensor) for name, tensor in features.items()}
        for name, array in batch.items():
            parts.setdefault(name, []).append(array)
        num_bytes += sum(array.nbytes for array in (*batch.values(), labels[-1]))
        if num_bytes > max_bytes:
            raise TrialFailedError(
                f"The data are larger than {max_bytes:,} bytes, the most that an "
                "estimator's data may take in memory. Return a Keras model, which is "
                "trained on a stream, or train on fewer examples."
            )
    names = _ordered(parts, split)
    arrays = [np.concatenate(parts[name]) for name in names]
    return Matrix(
        x=np.concatenate(arrays, axis=1),
        y=np.concatenate(labels),
        columns=tuple(
            column
            for name, array in zip(names, arrays, strict=True)
            for column in _columns(name, array.shape[1])
        ),
    )


def _ordered(parts: dict[str, list[Any]], split: Split) -> list[str]:
    schema = split.source.schema
    order = [feature.name for feature in schema.feature] if schema else sorted(parts)
    return [name for name in order if name in parts]


def _columns(name: str, width: int) -> list[str]:
    return [name] if width == 1 else [f"{name}_{index}" for index in range(width)]


def _label(label: Any) -> Any:
    array = label.numpy()
    if array.dtype == object:
        array = array.astype("S").astype("U")
    flat = array.reshape(len(array), -1)
    return flat[:, 0] if flat.shape[1] == 1 else flat


def _dense(name: str, tensor: Any) -> Any:
    """Returns a feature as floats of shape `(batch, width)`."""
    import tensorflow as tf

    if tensor.dtype == tf.string:
        raise TrialFailedError(
            f"The feature {name!r} is a string, and an estimator takes numbers. Encode "
            "it in Transform, one-hot say, or leave it out there."
        )
    if isinstance(tensor, tf.SparseTensor):
        tensor = _filled(name, tensor)
    if not isinstance(tensor, tf.Tensor):
        raise TrialFailedError(_UNEVEN.format(name=name))
    array = tensor.numpy()
    floating = array.dtype.kind == "f"
    return array.reshape(len(array), -1).astype(array.dtype if floating else "float64")


_UNEVEN = (
    "The feature {name!r} holds lists of different lengths, and an estimator takes a "
    "column for each number. Make them equally long in Transform, or leave it out."
)


def _filled(name: str, tensor: Any) -> Any:
    """Returns a feature that is missing in some examples, with NaN there."""
    import tensorflow as tf

    if len(tensor.dense_shape) != 2 or tensor.dense_shape[1] > 1:
        raise TrialFailedError(_UNEVEN.format(name=name))
    floats = tf.SparseTensor(
        tensor.indices, tf.cast(tensor.values, tf.float64), [tensor.dense_shape[0], 1]
    )
    return tf.sparse.to_dense(floats, float("nan"))
