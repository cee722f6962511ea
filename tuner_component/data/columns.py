"""One feature of all examples: dense, ragged or sparse, as arrays and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuner_component.data.storage import Array, NumberFile, SplitsFile, TextFile

DENSE, RAGGED, SPARSE = "dense", "ragged", "sparse"


@dataclasses.dataclass(frozen=True)
class Column:
    """What kind of tensor a feature is; JSON.

    It is kept as several arrays. Dense: the values, `(num_examples, *shape)`. Ragged:
    the flat values and the row splits of each ragged dimension, outermost first.
    Sparse: the values, their indices within the example, and the row splits.

    Attributes:
        name: The feature.
        kind: `"dense"`, `"ragged"` or `"sparse"`.
        shape: Sizes without that of the batch; None where they vary.
        is_text: Whether the values are byte strings.
        ragged_rank: Number of ragged dimensions.
        splits_dtype: Type of a ragged tensor's row splits.
    """

    name: str
    kind: str
    shape: Sequence[int | None]
    is_text: bool
    ragged_rank: int = 0
    splits_dtype: str = "int64"

    def files(self, stem: Path) -> list[NumberFile | TextFile]:
        """Returns new files for the arrays; their paths begin with `stem`."""
        paths = [Path(f"{stem}.{number}") for number in range(2 + self.ragged_rank)]
        values = TextFile(paths[0]) if self.is_text else NumberFile(paths[0])
        if self.kind == RAGGED:
            return [values, *map(SplitsFile, paths[1:-1])]
        if self.kind == SPARSE:
            return [values, NumberFile(paths[1]), SplitsFile(Path(f"{stem}.2"))]
        return [values]


def column_of(name: str, spec: Any) -> Column | None:
    """Returns the column for a feature, or None for what cannot be kept as one.

    Args:
        name: The feature.
        spec: Its `tf.TypeSpec` in a batch.
    """
    import tensorflow as tf

    if not isinstance(spec, tf.TensorSpec | tf.RaggedTensorSpec | tf.SparseTensorSpec):
        return None
    if spec.shape.rank is None or spec.shape.rank < 1:
        return None
    shape, is_text = tuple(spec.shape.as_list()[1:]), spec.dtype == tf.string
    if isinstance(spec, tf.SparseTensorSpec):
        return Column(name, SPARSE, shape, is_text)
    if isinstance(spec, tf.RaggedTensorSpec):
        rank = spec.ragged_rank
        splits = spec.row_splits_dtype.name
        column = Column(name, RAGGED, shape, is_text, rank, splits)
        return None if None in shape[rank:] or rank < 1 else column
    return None if None in shape else Column(name, DENSE, shape, is_text)


def arrays_of(column: Column, batch: Any) -> list[Array]:
    """Returns what to append to each of a column's files for one batch."""
    if column.kind == RAGGED:
        levels = [lengths.numpy() for lengths in batch.nested_row_lengths()]
        return [batch.flat_values.numpy(), *levels]
    if column.kind == SPARSE:
        indices = batch.indices.numpy()
        num_rows = int(batch.dense_shape[0])
        lengths = np.bincount(indices[:, 0], minlength=num_rows)
        return [batch.values.numpy(), indices[:, 1:], lengths]
    return [batch.numpy()]


def tensors_of(column: Column, arrays: Sequence[Array]) -> Any:
    """Returns the whole column as what `gathered` takes."""
    import tensorflow as tf

    tensors = [_tensor(array) for array in arrays]
    if column.kind == DENSE:
        return tensors[0]
    if column.kind == RAGGED:
        splits = [tf.cast(s, column.splits_dtype) for s in tensors[1:]]
        ragged = tf.RaggedTensor.from_nested_row_splits
        return ragged(tensors[0], splits, validate=False)
    values, indices, splits = tensors
    rows = tf.RaggedTensor.from_row_splits
    return rows(values, splits, validate=False), rows(indices, splits, validate=False)


def gathered(column: Column, tensors: Any, rows: Any) -> Any:
    """Returns some examples of a column, as the stock reader batches them.

    Args:
        column: The column.
        tensors: What `tensors_of` returned.
        rows: Numbers of the examples, shape `(batch,)`.
    """
    import tensorflow as tf

    if column.kind == DENSE:
        return tf.gather(tensors, rows)
    if column.kind == RAGGED:
        return _with_length(tf.gather(tensors, rows), rows.shape[0])
    values, within = (tf.gather(part, rows) for part in tensors)
    inner = within.flat_values
    indices = tf.concat([values.value_rowids()[:, None], inner], axis=1)
    nothing = tf.zeros((1, len(column.shape)), tf.int64)
    longest = tf.reduce_max(tf.concat([inner + 1, nothing], axis=0), axis=0)
    num_rows = rows.shape[0] or tf.shape(rows, tf.int64)[0]
    sizes = [
        longest[axis] if size is None else size
        for axis, size in enumerate(column.shape)
    ]
    shape = tf.stack([tf.cast(size, tf.int64) for size in (num_rows, *sizes)])
    return tf.SparseTensor(indices, values.flat_values, shape)


def _with_length(ragged: Any, num_rows: int | None) -> Any:
    """Returns a ragged tensor that knows its number of rows, if they are known."""
    import tensorflow as tf

    if num_rows is None:
        return ragged
    splits = tf.ensure_shape(ragged.row_splits, [num_rows + 1])
    return tf.RaggedTensor.from_row_splits(ragged.values, splits, validate=False)


class _Shared:
    """Hands over an array as it is: TensorFlow copies what is a NumPy array."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __array__(self, *_: Any, **__: Any) -> Array:
        return self._array


def _tensor(array: Array) -> Any:
    import tensorflow as tf

    with tf.device("CPU"):
        return tf.convert_to_tensor(_Shared(array) if array.size else array)
