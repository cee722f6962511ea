"""Examples by schema: parsed once into arrays, or streamed where they cannot be."""

from __future__ import annotations

import dataclasses
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

    def batches(
        self, batch_size: int, *, seed: int | None = None, repeat: bool = False
    ) -> Any:
        """Returns a dataset of `(features, label)` batches.

        Args:
            batch_size: Examples in a batch; the last one may be smaller.
            seed: Shuffles every pass anew, the same way in every run; None
                keeps the order.
            repeat: Whether it goes on for ever.
        """
        if self.arrays is None:
            streamed = self.source.stream(
                batch_size, shuffle=seed is not None, seed=seed
            )
            return streamed.repeat() if repeat else streamed
        return _array_batches(self.arrays, batch_size, seed, repeat=repeat)


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


def _array_batches(
    arrays: Mapping[str, Any], batch_size: int, seed: int | None, *, repeat: bool
) -> Any:
    import tensorflow as tf

    tensors = {name: tf.constant(np.asarray(a)) for name, a in arrays.items()}
    label = tensors.pop(_LABEL)
    indices = tf.data.Dataset.range(len(label))
    if seed is not None:
        indices = indices.shuffle(len(label), seed=seed)
    if repeat:
        indices = indices.repeat()

    def gather(rows: Any) -> Any:
        features = {name: tf.gather(t, rows) for name, t in tensors.items()}
        return features, tf.gather(label, rows)

    return indices.batch(batch_size).map(gather).prefetch(2)


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
