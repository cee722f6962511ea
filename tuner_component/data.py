"""Examples by schema: parsed once into arrays, or streamed where they cannot be."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_LABEL = "__label__"
_READ_BATCH = 4096

DatasetFactory = Callable[..., Any]
"""`fn_args.data_accessor.tf_dataset_factory`: files, options, schema -> dataset."""


@dataclasses.dataclass(frozen=True)
class Source:
    """Where one split comes from.

    Attributes:
        factory: Makes a `tf.data.Dataset` from files.
        files: File patterns.
        schema: The (transformed) schema, or None.
        label_key: The feature that is the label.
    """

    factory: DatasetFactory
    files: Sequence[str]
    schema: Any
    label_key: str

    def stream(self, batch_size: int, *, shuffle: bool, seed: int | None) -> Any:
        """Returns one pass over the split as a dataset of (features, label)."""
        from tfx_bsl.public import tfxio

        return self.factory(
            list(self.files),
            tfxio.TensorFlowDatasetOptions(
                batch_size=batch_size,
                label_key=self.label_key,
                num_epochs=1,
                shuffle=shuffle,
                shuffle_seed=seed,
            ),
            self.schema,
        )


@dataclasses.dataclass(frozen=True)
class Split:
    """One split, ready to train on.

    Attributes:
        source: Where it comes from.
        arrays: Feature name to array of shape `(num_examples, ...)`, the label
            under a name of its own; None where the split is streamed.
    """

    source: Source
    arrays: Mapping[str, Any] | None

    def batches(self, batch_size: int, *, repeat: bool = False) -> Any:
        """Returns a dataset of `(features, label)` batches, in the order of the data.

        Args:
            batch_size: Examples in a batch; the last one may be smaller.
            repeat: Whether it goes on for ever.
        """
        if self.arrays is None:
            streamed = self.source.stream(batch_size, shuffle=False, seed=None)
            return streamed.repeat() if repeat else streamed
        rows = _rows(self.arrays)
        return _gathered(
            self.arrays, (rows.repeat() if repeat else rows).batch(batch_size)
        )

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
        that continues sees what it would have seen without the pause. Arrays are
        shuffled as a whole. A streamed split is shuffled as its reader does, in a
        window of 10,000 examples, and what can be continued costs reading: once all
        of it, to count, and then a window for each epoch before, or, with `steps`,
        all that those epochs have read.

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
        if self.arrays is None:
            return self._streamed_epochs(batch_size, seed, steps, first)
        first, num_examples = first or 0, len(self.arrays[_LABEL])
        if steps is None:
            rows = _shuffled_rows(num_examples, seed, first, batch_size)
            return _gathered(self.arrays, rows), -(-num_examples // batch_size)
        num_passes, used = divmod(first * steps * batch_size, num_examples)
        rows = _shuffled_rows(num_examples, seed, num_passes)
        return _gathered(self.arrays, rows.skip(used).batch(batch_size)), steps

    def _streamed_epochs(
        self, batch_size: int, seed: int, steps: int | None, first: int | None
    ) -> tuple[Any, int | None]:
        streamed = self.source.stream(batch_size, shuffle=True, seed=seed)
        if steps is not None:
            return streamed.repeat().skip((first or 0) * steps), steps
        if first is None:
            return streamed, None
        for _ in range(first):
            next(iter(streamed), None)  # Takes the seeds of that epoch.
        return streamed.repeat(), -(-self._num_streamed // batch_size)

    @functools.cached_property
    def _num_streamed(self) -> int:
        batches = self.source.stream(_READ_BATCH, shuffle=False, seed=None)
        return sum(len(label) for _, label in batches)


def open_split(source: Source, cache_folder: str, max_bytes: int = 1 << 30) -> Split:
    """Reads a split into arrays that all workers of this host share.

    The first worker parses and writes memory-mapped files; the others map them.
    Sparse, ragged and string features, and splits over `max_bytes`, are streamed.

    Args:
        source: The split.
        cache_folder: A local folder for the arrays.
        max_bytes: Size at most of the arrays in memory.
    """
    folder = Path(cache_folder) / _cache_key(source)
    if not folder.exists():
        arrays = _parsed(source, max_bytes)
        _publish(arrays, folder)
    names = json.loads((folder / "arrays.json").read_text(encoding="utf-8"))
    if names is None:
        return Split(source, None)
    return Split(
        source,
        {
            name: np.load(folder / f"{position}.npy", mmap_mode="r")
            for position, name in enumerate(names)
        },
    )


def _rows(arrays: Mapping[str, Any]) -> Any:
    import tensorflow as tf

    return tf.data.Dataset.range(len(arrays[_LABEL]))


def _shuffled_rows(
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


def _gathered(arrays: Mapping[str, Any], batches_of_rows: Any) -> Any:
    import tensorflow as tf

    tensors = {name: tf.constant(np.asarray(a)) for name, a in arrays.items()}
    label = tensors.pop(_LABEL)

    def gather(rows: Any) -> Any:
        features = {name: tf.gather(t, rows) for name, t in tensors.items()}
        return features, tf.gather(label, rows)

    return batches_of_rows.map(gather).prefetch(2)


def _parsed(source: Source, max_bytes: int) -> dict[str, Any] | None:
    import tensorflow as tf

    columns: dict[str, list[Any]] = {}
    size = 0
    for features, label in source.stream(_READ_BATCH, shuffle=False, seed=None):
        for name, tensor in {**features, _LABEL: label}.items():
            if not isinstance(tensor, tf.Tensor) or tensor.dtype == tf.string:
                return None
            array = tensor.numpy()
            columns.setdefault(name, []).append(array)
            size += array.nbytes
        if size > max_bytes:
            return None
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _publish(arrays: Mapping[str, Any] | None, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    for position, array in enumerate((arrays or {}).values()):
        np.save(draft / f"{position}.npy", array)
    names = None if arrays is None else list(arrays)
    (draft / "arrays.json").write_text(json.dumps(names), encoding="utf-8")
    try:
        draft.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(draft)  # another worker was first


def _cache_key(source: Source) -> str:
    import tensorflow as tf

    digest = hashlib.sha256(source.label_key.encode())
    if source.schema is not None:
        digest.update(source.schema.SerializeToString(deterministic=True))
    for pattern in source.files:
        for file in sorted(tf.io.gfile.glob(pattern)):
            stat = tf.io.gfile.stat(file)
            digest.update(f"{file}{os.sep}{stat.length} {stat.mtime_nsec}".encode())
    return digest.hexdigest()[:16]
