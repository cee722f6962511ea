"""One split to train or to validate on."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from tuner_component.data.accessor import SharedReader
from tuner_component.data.batch_map import batch_spec, mapped
from tuner_component.data.shuffled_rows import shuffled_rows
from tuner_component.data.source import Source
from tuner_component.data.table import Table

LABEL = "__label__"
"""The label's name among the arrays of a `Split`."""


@dataclasses.dataclass(frozen=True)
class Split:
    """One split, ready to train on.

    Attributes:
        source: Where it comes from.
        arrays: Feature name to array of shape `(num_examples, ...)`, the label
            under a name of its own; None where there is none, or not for all.
        table: All examples, where features are ragged, sparse or strings; None where
            the arrays say it all, or the split is streamed.
        features: Names of those that are given; None: all.
        rows: Which of the examples in memory it has, increasing numbers of shape
            `(num_examples,)`; None: all.
        whole: The split that it is a part of, whose memory it shares; None: of none.
    """

    source: Source
    arrays: Mapping[str, Any] | None
    table: Table | None = None
    features: frozenset[str] | None = None
    rows: Any = None
    whole: Split | None = None

    @property
    def num_examples(self) -> int | None:
        """How many examples it has; None where they are streamed."""
        if self.rows is not None:
            return len(self.rows)
        return None if self._memory is None else self._memory.num_examples

    @property
    def label(self) -> Any:
        """The labels as an array; None where they are streamed, or no numbers."""
        if self._memory is None:
            return None
        label = self._memory.numbers(self._label_key)
        return label if self.rows is None or label is None else label[self.rows]

    def part(self, rows: Any) -> Split:
        """Returns some examples as a split that shares this one's memory.

        Args:
            rows: Their numbers among those of this split, in memory; increasing.
        """
        own = rows if self.rows is None else self.rows[rows]
        return dataclasses.replace(self, rows=own, whole=self.whole or self)

    def only(self, names: frozenset[str]) -> Split:
        """Returns the split with these features alone; the same for the same names.

        Parts of one split have the same arrays afterwards.
        """
        if self.whole is not None:
            return self.whole.only(names).part(self.rows)
        if names not in self._narrowed:
            arrays = self.arrays and _only(self.arrays, names | {LABEL})
            self._narrowed[names] = dataclasses.replace(
                self, arrays=arrays, features=names
            )
        return self._narrowed[names]

    @functools.cached_property
    def _narrowed(self) -> dict[frozenset[str], Split]:
        return {}

    def feature_specs(self) -> Mapping[str, Any]:
        """Returns feature name to `tf.TypeSpec` of a batch."""
        if self.arrays is None or self._memory is None:
            return dict(self.batches(1).element_spec[0])
        return dict(batch_spec(self._memory, LABEL, None)[0])

    def batches(self, batch_size: int, *, repeat: bool = False) -> Any:
        """Returns a dataset of `(features, label)` batches, in the order of the data.

        Args:
            batch_size: Examples in a batch; the last one may be smaller.
            repeat: Whether it goes on for ever.
        """
        import tensorflow as tf

        if self._memory is None:
            streamed = self.source.stream(batch_size, shuffle=False, seed=None)
            return self._narrow(streamed.repeat() if repeat else streamed)
        if self.rows is None:
            rows = tf.data.Dataset.range(self._memory.num_examples)
        else:
            rows = tf.data.Dataset.from_tensor_slices(self.rows)
        return self._gathered((rows.repeat() if repeat else rows).batch(batch_size))

    def epochs(
        self,
        batch_size: int,
        *,
        seed: int,
        steps: int | None = None,
        first: int | None = None,
    ) -> tuple[Any, int | None]:
        """Returns shuffled batches for `fit`, and how many of them are an epoch.

        What an epoch gets depends on `seed` and its number alone, so that a training
        that continues sees what it would have seen without the pause. What is in
        memory is shuffled as a whole. A streamed split is shuffled as its reader
        does, in a window of 10,000 examples, and what can be continued costs reading:
        once all of it, to count, and then a window for each epoch before, or, with
        `steps`, all that those epochs have read.

        Args:
            batch_size: Examples in a batch.
            seed: Shuffles every pass over the data differently; >= 0.
            steps: Batches in an epoch, whatever the size of the split; None: an
                epoch is one pass, and its last batch may be smaller.
            first: Epochs that were trained before, >= 0; None: none, and what begins
                now is never continued.

        Returns:
            The dataset, and what `steps_per_epoch` must be; None: the dataset is one
            pass, to be begun anew in every epoch.
        """
        if self._memory is None:
            streamed, steps = self.source.epochs(batch_size, seed, steps, first)
            return self._narrow(streamed), steps
        first, num_examples = first or 0, self.num_examples or 0
        if steps is None:
            rows = shuffled_rows(num_examples, seed, first, batch_size)
            return self._gathered(self._own(rows)), -(-num_examples // batch_size)
        num_passes, used = divmod(first * steps * batch_size, num_examples)
        rows = shuffled_rows(num_examples, seed, num_passes)
        return self._gathered(self._own(rows.skip(used).batch(batch_size))), steps

    def _narrow(self, streamed: Any) -> Any:
        names = self.features
        if names is None:
            return streamed
        return streamed.map(lambda features, label: (_only(features, names), label))

    @functools.cached_property
    def _memory(self) -> Table | None:
        if self.whole is not None:
            return self.whole._memory
        if self.arrays is not None:
            return Table.of(self.arrays)
        if self.table is None or self.features is None:
            return self.table
        return self.table.only(self.features | {self.source.label_key})

    @property
    def _label_key(self) -> str:
        table = self._memory
        return LABEL if table and LABEL in table.names else self.source.label_key

    def _own(self, batches: Any) -> Any:
        """Returns batches of numbers within the split as rows of the memory."""
        import tensorflow as tf

        if self.rows is None:
            return batches
        with tf.device("CPU"):
            own = tf.constant(self.rows)
        return batches.map(lambda rows: tf.gather(own, rows))

    def _gathered(self, batches_of_rows: Any) -> Any:
        table = self._memory or Table.of({})
        return mapped(table, self._label_key, batches_of_rows).prefetch(2)


def open_split(
    source: Source, cache_folder: str = "", max_bytes: int = 1 << 30
) -> Split:
    """Opens a split that all workers of this host share.

    The first worker parses the files and writes columns, which the others map. Over
    `max_bytes` they are read as a stream, in windows; so is what is no column.

    Args:
        source: The split.
        cache_folder: A local folder for the columns; needless where the source is
            read by a `SharedReader`.
        max_bytes: Size at most of what is held in memory.
    """
    reader = source.factory
    if not isinstance(reader, SharedReader):
        reader = SharedReader(reader, cache_folder)
    source = dataclasses.replace(source, factory=reader)
    table = reader.table(source.files, source.schema)
    if table is None or table.num_bytes > max_bytes:
        return Split(source, None)
    arrays = table.arrays()
    if arrays is None:
        return Split(source, None, table)
    arrays[LABEL] = arrays.pop(source.label_key)
    return Split(source, arrays)


def _only(features: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: features[name] for name in features if name in names}
