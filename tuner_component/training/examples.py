"""Examples in memory, and the order in which a training sees them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.data import LABEL

Rows = Callable[[int], Any]
"""Epoch to the row numbers it sees, an int64 tensor."""

_MOST_AT_ONCE, _MOST_ROWS = 16, 20_000
"""Passes that are shuffled together, and their rows: a call costs more than some."""
_NUM_KEPT = 4


@dataclasses.dataclass(frozen=True)
class Examples:
    """Examples as tensors.

    Attributes:
        features: What the model is called with: a tensor of shape `(num_examples,
            ...)` or a structure of them.
        label: Likewise.
        weight: Of every example, or None.
        rows: Which of them are meant, an int64 tensor of shape `(num_examples,)`;
            None: all.
    """

    features: Any
    label: Any
    weight: Any = None
    rows: Any = None

    @property
    def columns(self) -> tuple[Any, ...]:
        """What a step gets: features, label, and weight if there is one."""
        columns = (self.features, self.label, self.weight)
        return columns[:2] if self.weight is None else columns

    @property
    def num_examples(self) -> int:
        """How many are meant."""
        import tensorflow as tf

        counted = tf.nest.flatten(self.features)[0] if self.rows is None else self.rows
        return int(counted.shape[0])

    def own(self, numbers: Any) -> Any:
        """Returns numbers among those that are meant as rows of the tensors."""
        import tensorflow as tf

        if self.rows is None:
            return numbers
        with tf.device("CPU"):
            return tf.gather(self.rows, numbers)


_kept: list[tuple[Mapping[str, Any], Examples]] = []


def examples_of(arrays: Mapping[str, Any], rows: Any = None) -> Examples:
    """Returns the arrays of a `data.Split` as tensors; the same for the same mapping.

    Args:
        arrays: Name to array of shape `(num_examples, ...)`, the label under
            `data.LABEL`; not changed afterwards.
        rows: Which of them are meant; None: all.
    """
    import tensorflow as tf

    if rows is None:
        return _all_of(arrays)
    with tf.device("CPU"):
        own = tf.constant(rows, tf.int64)
    return dataclasses.replace(_all_of(arrays), rows=own)


def _all_of(arrays: Mapping[str, Any]) -> Examples:
    import numpy as np
    import tensorflow as tf

    for known, examples in _kept:
        if known is arrays:
            return examples
    tensors = {name: tf.constant(np.asarray(array)) for name, array in arrays.items()}
    label = tensors.pop(LABEL)
    _kept.append((arrays, Examples(tensors, label)))
    del _kept[:-_NUM_KEPT]
    return _kept[-1][1]


def in_order(examples: Examples, batch_size: int, steps: int | None = None) -> Any:
    """Returns the rows of one pass; with `steps`, of as many batches, begun anew."""
    import tensorflow as tf

    num_examples = examples.num_examples
    rows = examples.own(tf.range(num_examples, dtype=tf.int64))
    if steps is None:
        return rows
    num_passes = -(-steps * batch_size // num_examples)
    return tf.tile(rows, [num_passes])[: steps * batch_size]


@functools.cache
def _shuffle() -> Callable[[Any, Any, Any], Any]:
    """Returns the graph that shuffles rows by a seed and each of some numbers."""
    import tensorflow as tf

    def shuffle(num_examples: Any, seed: Any, numbers: Any) -> Any:
        def one(number: Any) -> Any:
            rows = tf.range(num_examples, dtype=tf.int64)
            return tf.random.experimental.stateless_shuffle(rows, [seed, number])

        with tf.device("CPU"):
            signature = tf.TensorSpec([None], tf.int64)
            return tf.map_fn(one, numbers, fn_output_signature=signature)

    number = tf.TensorSpec([], tf.int64)
    specs = [number, number, tf.TensorSpec([None], tf.int64)]
    graph: Callable[[Any, Any, Any], Any] = tf.function(
        shuffle, input_signature=specs, autograph=False
    ).get_concrete_function()
    return graph


def shuffled(
    num_examples: int, batch_size: int, seed: int, steps: int | None = None
) -> Rows:
    """Returns the rows that `data.Split.epochs` gives with the same arguments."""
    import tensorflow as tf

    passes: dict[int, Any] = {}
    at_once = max(1, min(_MOST_AT_ONCE, _MOST_ROWS // max(1, num_examples)))

    def one_pass(number: int) -> Any:
        if number not in passes:
            for old in [known for known in passes if known < number - 1]:
                del passes[old]
            numbers = range(number, number + at_once)
            many = (num_examples, seed, numbers)
            found = _shuffle()(*(tf.constant(each, tf.int64) for each in many))
            passes.update(zip(numbers, tf.unstack(found, at_once), strict=True))
        return passes[number]

    def rows(epoch: int) -> Any:
        if steps is None:
            return one_pass(epoch)
        size = steps * batch_size
        first, used = divmod(epoch * size, num_examples)
        last = (epoch * size + size - 1) // num_examples
        parts = [one_pass(number) for number in range(first, last + 1)]
        return tf.concat(parts, 0)[used : used + size]

    return rows
