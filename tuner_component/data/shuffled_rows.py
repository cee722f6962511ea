"""The order in which a split in memory is trained on, as a dataset."""

from __future__ import annotations

from typing import Any


def shuffled_rows(
    num_examples: int, seed: int, first_pass: int, batch_size: int | None = None
) -> Any:
    """Returns row numbers, pass after pass for ever; batched within each pass."""
    import tensorflow as tf

    def one_pass(number: Any) -> Any:
        rows = tf.random.experimental.stateless_shuffle(
            tf.range(num_examples, dtype=tf.int64), tf.stack([seed, number])
        )
        dataset = tf.data.Dataset.from_tensor_slices(rows)
        return dataset.batch(batch_size) if batch_size else dataset

    return tf.data.Dataset.counter(first_pass).flat_map(one_pass)
