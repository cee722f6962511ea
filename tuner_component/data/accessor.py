"""The reader that a user's module gets in place of TFX's own."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tuner_component.data.batch_map import batch_spec, mapped
from tuner_component.data.lazy_dataset import lazy_dataset
from tuner_component.data.row_batches import RowBatches
from tuner_component.data.row_order import RowOrder, Shuffling
from tuner_component.data.shuffling import Seeds
from tuner_component.data.table import Factory, Table, open_table
from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion


class SharedReader:
    """A `tf_dataset_factory` that reads memory instead of files.

    Its datasets have the elements of the stock reader, in the same order where they
    are not shuffled, and shuffled in a window of the same size. Examples that it
    cannot keep go through the stock reader.

    Args:
        stock: The stock `tf_dataset_factory`.
        cache_folder: A local folder that the workers of this host share.
    """

    def __init__(self, stock: Factory, cache_folder: str) -> None:
        self.stock, self._cache_folder = stock, cache_folder
        self._tables: dict[tuple[Any, ...], Table | None] = {}

    def __call__(
        self, file_pattern: str | Sequence[str], options: Any, schema: Any = None
    ) -> Any:
        """Returns a dataset as the stock factory would.

        Args:
            file_pattern: File patterns.
            options: `TensorFlowDatasetOptions`; the numbers of threads and buffers
                have no meaning here.
            schema: The (transformed) schema, or None.

        Raises:
            PreflightError: If the label is no feature, or no batch can be had.
        """
        import tensorflow as tf

        table = None
        if tf.executing_eagerly():
            table = self.table(file_pattern, schema)
        if table is None:
            return self.stock(file_pattern, options, schema)
        return dataset(table, options)

    def table(self, file_pattern: Any, schema: Any) -> Table | None:
        """Returns the examples of these files; None where they must be streamed."""
        files = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
        if not all(isinstance(file, str) for file in files):
            return None
        text = b"" if schema is None else schema.SerializeToString(deterministic=True)
        key = (*files, text)
        if key not in self._tables:
            self._tables[key] = self.open(files, schema)
        return self._tables[key]

    def open(self, files: Sequence[str], schema: Any) -> Table | None:
        """Returns the examples of these files, which this reader does not hold on to.

        Args:
            files: File patterns.
            schema: The (transformed) schema, or None.
        """
        return open_table(self.stock, files, schema, self._cache_folder)


def dataset(table: Table, options: Any) -> Any:
    """Returns a table's examples as a `tf.data.Dataset`.

    Args:
        table: The examples.
        options: `TensorFlowDatasetOptions`.

    Raises:
        PreflightError: If the label is no feature, or no batch can be had.
    """
    _check(table, options)
    seeds = _seeds(options.shuffle_seed) if options.shuffle else None
    make = functools.partial(_made, table, options, seeds)
    key, size = options.label_key, options.batch_size
    is_known = key is not None and table.arrays() is not None and table.num_examples
    if (
        not is_known
        or size < 1
        or (options.shuffle and options.shuffle_buffer_size < 1)
    ):
        return make()
    window = options.shuffle_buffer_size
    shuffling = None if seeds is None else Shuffling(window, seeds)
    endless = options.num_epochs is None or options.num_epochs < 0
    epochs = None if endless else options.num_epochs
    is_cut = _is_cut(options)
    order = RowOrder(table.num_examples, shuffling, epochs, size, is_cut)
    spec = batch_spec(table, key, size if is_cut else None)
    batches = RowBatches(table, key, order)
    return lazy_dataset(make, spec, _without_autotuning(), batches)


def _made(table: Table, options: Any, seeds: Seeds | None) -> Any:
    """Returns the dataset of `tf.data`."""
    import tensorflow as tf

    rows = tf.data.Dataset.range(table.num_examples)
    if seeds is not None:
        rows = _shuffled(rows, options.shuffle_buffer_size, seeds)
    if options.num_epochs != 1:
        rows = rows.repeat(options.num_epochs)
    rows = rows.batch(options.batch_size, drop_remainder=_is_cut(options))
    rows = rows.with_options(_without_autotuning())
    return mapped(table, options.label_key, rows)


def _is_cut(options: Any) -> bool:
    return bool(options.drop_final_batch or options.num_epochs is None)


def _seeds(seed: int | None) -> Seeds:
    """Returns the seeds that `shuffle` would have if it were called now."""
    import tensorflow as tf

    own, other = tf.compat.v1.get_seed(seed)
    return int(own or 0), int(other or 0)


def _shuffled(rows: Any, window: int, seeds: Seeds) -> Any:
    """Returns what `rows.shuffle(window)` is where it finds these seeds."""
    import tensorflow as tf

    variant = tf.raw_ops.ShuffleDatasetV3(
        input_dataset=rows._variant_tensor,
        buffer_size=window,
        seed=seeds[0],
        seed2=seeds[1],
        seed_generator=tf.raw_ops.DummySeedGenerator(),
        output_types=[tf.int64],
        output_shapes=[[]],
    )
    return tf.data.experimental.from_variant(variant, rows.element_spec)


@functools.cache
def _without_autotuning() -> Any:
    """Memory has nothing to tune, and ending the tuner's thread takes half a second."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def _check(table: Table, options: Any) -> None:
    key, size = options.label_key, options.batch_size
    if key is not None and key not in table.names:
        raise PreflightError(
            f"label_key={key!r} is no feature of the examples; they have {table.names}."
            + suggestion(key, table.names)
        )
    num_examples = table.num_examples * (options.num_epochs or 1)
    endless = options.num_epochs is None and table.num_examples
    if options.drop_final_batch and not endless and num_examples < size:
        raise PreflightError(
            f"batch_size={size} is larger than the data, {num_examples} examples, and "
            "drop_final_batch leaves out what does not fill a batch: there is no "
            f"batch. Use a batch_size of at most {num_examples}."
        )
