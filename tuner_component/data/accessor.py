"""The reader that a user's module gets in place of TFX's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuner_component.data.batch_map import mapped
from tuner_component.data.row_batches import RowBatches, mark
from tuner_component.data.row_order import RowOrder, Shuffling
from tuner_component.data.table import Factory, Table, open_table
from tuner_component.errors import PreflightError
from tuner_component.search import suggestion


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
    rows, shuffling = _rows(table.num_examples, options)
    size = options.batch_size
    is_cut = options.drop_final_batch or options.num_epochs is None
    rows = rows.batch(size, drop_remainder=is_cut).with_options(_without_autotuning())
    batches = mapped(table, options.label_key, rows)
    is_known = options.label_key is not None and table.arrays() is not None
    if is_known and table.num_examples:
        epochs = options.num_epochs
        order = RowOrder(table.num_examples, shuffling, epochs, size, is_cut)
        mark(batches, RowBatches(table, options.label_key, order))
    return batches


def _rows(num_examples: int, options: Any) -> tuple[Any, Shuffling | None]:
    """Returns a dataset of row numbers, and how it is shuffled."""
    import tensorflow as tf

    rows, shuffling = tf.data.Dataset.range(num_examples), None
    if options.shuffle:
        rows = rows.shuffle(options.shuffle_buffer_size, options.shuffle_seed)
        seeds = int(rows._seed), int(rows._seed2)
        shuffling = Shuffling(options.shuffle_buffer_size, seeds)
    if options.num_epochs != 1:
        rows = rows.repeat(options.num_epochs)
    return rows, shuffling


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
