"""Batches of examples, inside of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def batch_of(columns: Any, rows: Any) -> Any:
    """Returns these rows of every column: a slice, or whole numbers of any shape."""
    import tensorflow as tf

    def take(tensor: Any) -> Any:
        return tensor[rows] if isinstance(rows, slice) else tf.gather(tensor, rows)

    return tf.nest.map_structure(take, columns)


def weighing(class_weight: Mapping[int, float] | None) -> Callable[..., Any]:
    """Returns what adds to a batch the weights of its classes, as `fit` does."""
    if not class_weight:
        return lambda *batch: batch
    from keras.src.trainers.data_adapters import tf_dataset_adapter

    weigh: Callable[..., Any] = tf_dataset_adapter.make_class_weight_map_fn(
        class_weight
    )
    return weigh


def any_number(tensor: Any) -> Any:
    """Returns the specification of a tensor with any number of examples."""
    import tensorflow as tf

    return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)


def over_any_batches(
    rows: Any, batch_size: Any, one: Callable[..., Sequence[Any]], *state: Any
) -> Sequence[Any]:
    """Returns the state after all batches, for rows and sizes that are not known.

    Args:
        rows: Of shape `(..., num_rows)`.
        batch_size: Rows in a batch, an int64 scalar.
        one: Rows of a batch and the state before -> the state after it.
        state: That before the first batch.
    """
    import tensorflow as tf

    num_rows = tf.shape(rows, tf.int64)[-1]

    def batch(begin: Any, *before: Any) -> tuple[Any, ...]:
        end = begin + batch_size
        return end, *one(rows[..., begin:end], *before)

    after: Sequence[Any]
    _, *after = tf.while_loop(
        lambda begin, *_: begin < num_rows,
        batch,
        (tf.constant(0, tf.int64), *state),
        parallel_iterations=1,
    )
    return after


def over_batches(
    rows: Any, batch_size: int, one: Callable[..., Sequence[Any]], *state: Any
) -> Sequence[Any]:
    """Returns the state after all batches, as `over_any_batches` does, for XLA.

    Only XLA knows how many rows are in a batch: told so, Keras weighs it otherwise.

    Args:
        rows: Of shape `(..., num_rows)`, which is known.
        batch_size: Rows in a batch.
        one: Rows of a batch and the state before -> the state after it.
        state: That before the first batch.
    """
    import tensorflow as tf

    *outer, num_rows = rows.shape
    count = num_rows // batch_size

    def full(place: Any, *before: Any) -> tuple[Any, ...]:
        begin = [*([0] * len(outer)), place * batch_size]
        batch = tf.slice(rows, begin, [*outer, batch_size])
        return place + 1, *one(_of_any_length(batch), *before)

    if count:
        _, *state = tf.while_loop(
            lambda place, *_: place < count, full, (tf.constant(0), *state)
        )
    rest = rows[..., count * batch_size :]
    return one(_of_any_length(rest), *state) if rest.shape[-1] else state


def _of_any_length(rows: Any) -> Any:
    import tensorflow as tf

    shape = [*rows.shape[:-1], None]
    return tf.compat.v1.placeholder_with_default(rows, shape)
