"""All examples of some files as columns: parsed once, mapped by every worker."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuner_component import shared_folder
from tuner_component.data.columns import (
    DENSE,
    Column,
    arrays_of,
    column_of,
    gathered,
    tensors_of,
)
from tuner_component.data.storage import Array, opened

_DESCRIPTION = "table.json"
_READ_BATCH = 1024
_DISK_SHARE = 0.5

Factory = Callable[..., Any]
"""`fn_args.data_accessor.tf_dataset_factory`: files, options, schema -> dataset."""


@dataclasses.dataclass(frozen=True)
class Table:
    """Examples, feature by feature.

    Attributes:
        columns: What the features are.
        contents: The arrays of each column.
        num_examples: Number of rows.
        num_bytes: Of all columns.
        graphs: Kept by those who make batches, under keys of their own.
    """

    columns: Sequence[Column]
    contents: Sequence[Sequence[Array]]
    num_examples: int
    num_bytes: int
    graphs: dict[Any, Any] = dataclasses.field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Table:
        """Returns the table of numbers `(num_examples, ...)` by feature name."""
        made = {name: np.asarray(array) for name, array in arrays.items()}
        return cls(
            [
                Column(name, DENSE, a.shape[1:], is_text=False)
                for name, a in made.items()
            ],
            [[array] for array in made.values()],
            len(next(iter(made.values()))),
            sum(array.nbytes for array in made.values()),
        )

    @property
    def names(self) -> list[str]:
        """The features, sorted."""
        return sorted(column.name for column in self.columns)

    def arrays(self) -> dict[str, Array] | None:
        """Returns feature name to values `(num_examples, ...)`; None if some have none.

        Ragged and sparse features and strings have none.
        """
        if not all(map(_is_numbers, self.columns)):
            return None
        pairs = zip(self.columns, self.contents, strict=True)
        return {column.name: arrays[0] for column, arrays in pairs}

    def numbers(self, name: str) -> Array | None:
        """Returns a feature's values `(num_examples, ...)`; None if it has none."""
        pairs = zip(self.columns, self.contents, strict=True)
        known = {c.name: arrays[0] for c, arrays in pairs if _is_numbers(c)}
        return known.get(name)

    def only(self, names: Collection[str]) -> Table:
        """Returns the table of these features alone; memory is shared."""
        kept = [k for k, column in enumerate(self.columns) if column.name in names]
        return dataclasses.replace(
            self,
            columns=[self.columns[k] for k in kept],
            contents=[self.contents[k] for k in kept],
            graphs={},
        )

    def gather(self, rows: Any) -> dict[str, Any]:
        """Returns the examples with these numbers, `(batch,)`, as a batch."""
        return {c.name: gathered(c, self.tensors[c.name], rows) for c in self.columns}

    @functools.cached_property
    def tensors(self) -> Mapping[str, Any]:
        """Feature name to what `gathered` takes of it; numbers as one tensor."""
        import tensorflow as tf

        with tf.init_scope():
            pairs = zip(self.columns, self.contents, strict=True)
            return {column.name: tensors_of(column, own) for column, own in pairs}


def _is_numbers(column: Column) -> bool:
    return column.kind == DENSE and not column.is_text


def open_table(
    factory: Factory, files: Sequence[str], schema: Any, cache_folder: str
) -> Table | None:
    """Returns the examples of files, parsed by the first process that asks.

    Args:
        factory: The stock reader.
        files: File patterns.
        schema: The (transformed) schema, or None.
        cache_folder: A local folder that the processes share.

    Returns:
        The table; None where the reader yields what is no column, or the columns
        would take more than half of the free disk: such examples are to be streamed.
    """
    folder = Path(cache_folder) / _key(files, schema)
    file = folder / _DESCRIPTION
    if not file.exists():
        with shared_folder.one_process(folder):
            if not file.exists():
                _publish(factory, files, schema, folder)
    described = json.loads(file.read_text(encoding="utf-8"))
    if described is None:
        return None
    return Table(
        [Column(**column) for column in described["columns"]],
        [[opened(folder, file) for file in own] for own in described["files"]],
        described["num_examples"],
        described["num_bytes"],
    )


def _publish(factory: Factory, files: Sequence[str], schema: Any, folder: Path) -> None:
    """Writes the table, whole or not at all."""
    with shared_folder.whole(folder) as draft:
        described = _written(factory, files, schema, draft)
        text = json.dumps(described)
        (draft / _DESCRIPTION).write_text(text, encoding="utf-8")


def _written(
    factory: Factory, files: Sequence[str], schema: Any, draft: Path
) -> dict[str, Any] | None:
    import tensorflow as tf
    from tfx_bsl.public import tfxio

    # AutoGraph, which TFX's readers do without, takes a second to convert them.
    factory = tf.autograph.experimental.do_not_convert(factory)
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=_READ_BATCH, shuffle=False, num_epochs=1
    )
    batches = factory(list(files), options, schema)
    if not isinstance(batches.element_spec, dict):
        return None
    specs = sorted(batches.element_spec.items())
    columns = [column_of(name, spec) for name, spec in specs]
    if not columns or None in columns:
        return None
    known = [column for column in columns if column is not None]
    writers = [c.files(draft / str(place)) for place, c in enumerate(known)]
    allowed = shutil.disk_usage(draft).free * _DISK_SHARE
    num_examples = num_bytes = 0
    for batch in batches:
        for column, own in zip(known, writers, strict=True):
            arrays = arrays_of(column, batch[column.name])
            num_bytes += sum(w.add(a) for w, a in zip(own, arrays, strict=True))
        num_examples += int(batch[known[0].name].shape[0])
        if num_bytes > allowed:
            return None
    return {
        "columns": [dataclasses.asdict(column) for column in known],
        "files": [[writer.close() for writer in own] for own in writers],
        "num_examples": num_examples,
        "num_bytes": num_bytes,
    }


def _key(files: Sequence[str], schema: Any) -> str:
    import tensorflow as tf

    digest = hashlib.sha256()
    if schema is not None:
        digest.update(schema.SerializeToString(deterministic=True))
    for pattern in files:
        for file in sorted(tf.io.gfile.glob(pattern)):
            stat = tf.io.gfile.stat(file)
            digest.update(f"{file}{os.sep}{stat.length} {stat.mtime_nsec}".encode())
    return digest.hexdigest()[:16]
