"""Whether two runs see the same data, whatever files and order they see it in.

TFX shuffles what ExampleGen writes, and Transform's sums follow the order, so
that equal data give other bytes in every execution. A sketch holds what does not
depend on the order: counts, sums, and sums of hashes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner_component.data.accessor import SharedReader
from tuner_component.data.table import Table

_RELATIVE_TOLERANCE = 1e-4
_MAX_BYTES = 1 << 30
_VALUES_AT_ONCE = 1 << 20
_COUNTS = ("num_values", "num_not_finite")


def sketch(args: Any, schema: Any) -> dict[str, Any]:
    """Returns a sketch of the splits that `fn_args` names; JSON.

    Splits over 1 GiB on disk are known by their size alone. What is read is kept for
    the workers, where the reader of `fn_args` keeps it.

    Args:
        args: TFX's `FnArgs`.
        schema: The schema of the examples, or None.
    """
    return {
        split: _split_sketch(args.data_accessor, files, schema)
        for split, files in (("train", args.train_files), ("eval", args.eval_files))
    }


def same_data(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two sketches are of the same data.

    Counts and strings must be equal; sums may differ by 1e-4 of their scale, far
    more than the order of a summation changes and less than one new example does
    in most data.
    """
    return one.keys() == other.keys() and all(
        _same_split(one[name], other[name]) for name in one
    )


def _same_split(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    ours, theirs = one.get("features", {}), other.get("features", {})
    return (
        {**one, "features": None} == {**other, "features": None}
        and ours.keys() == theirs.keys()
        and all(_same_feature(ours[name], theirs[name]) for name in ours)
    )


def _same_feature(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if "scale" not in one or "scale" not in other:
        return one == other
    most = _RELATIVE_TOLERANCE * max(one["scale"], other["scale"])
    return all(one.get(name) == other.get(name) for name in _COUNTS) and all(
        abs(one[name] - other[name]) <= most for name in ("sum", "scale")
    )


def _split_sketch(accessor: Any, files: Sequence[str], schema: Any) -> dict[str, Any]:
    import tensorflow as tf

    paths = [path for pattern in files for path in tf.io.gfile.glob(pattern)]
    num_bytes = sum(tf.io.gfile.stat(path).length for path in paths)
    if num_bytes > _MAX_BYTES:
        return {"num_files": len(paths), "num_bytes": num_bytes}
    table = _table(accessor.tf_dataset_factory, files, schema)
    if table is not None:
        return _sketch_of_table(table)
    columns: dict[str, dict[str, Any]] = {}
    num_examples = 0
    for batch in _batches(accessor.record_batch_factory, files, schema):
        num_examples += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            _add_arrow(columns.setdefault(name, {"num_values": 0}), column)
    return {"num_examples": num_examples, "features": columns}


def _table(reader: Any, files: Sequence[str], schema: Any) -> Table | None:
    """Returns the examples as the workers will read them.

    None where they cannot, which then shows when the records are read, or where the
    tensors are not the features that the records have.
    """
    import tensorflow as tf

    if not isinstance(reader, SharedReader) or schema is None:
        return None
    try:
        table = reader.open(files, schema)
    except (tf.errors.OpError, OSError, ValueError):
        return None
    names = sorted(feature.name for feature in schema.feature)
    return table if table is not None and table.names == names else None


def _sketch_of_table(table: Table) -> dict[str, Any]:
    features: dict[str, dict[str, Any]] = {}
    for column, (values, *_) in zip(table.columns, table.contents, strict=True):
        entry = features.setdefault(column.name, {"num_values": 0})
        flat = values.reshape(-1)
        for begin in range(0, len(flat), _VALUES_AT_ONCE):
            part = flat[begin : begin + _VALUES_AT_ONCE]
            (_add_texts if column.is_text else _add_numbers)(entry, part)
    return {"num_examples": table.num_examples, "features": features}


def _batches(factory: Any, files: Sequence[str], schema: Any) -> Iterator[Any]:
    from tfx_bsl.public import tfxio

    options = tfxio.RecordBatchesOptions(batch_size=1000, num_epochs=1)
    return iter(factory(list(files), options, schema))


def _add_arrow(entry: dict[str, Any], column: Any) -> None:
    """Adds one Arrow column, nested lists and all, to a feature's entry."""
    import pyarrow as pa

    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    column = column.drop_null() if hasattr(column, "drop_null") else column
    if len(column) == 0:
        return
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        _add_numbers(entry, column.to_numpy(zero_copy_only=False))
    else:
        _add_texts(entry, column.to_pylist())


def _add_numbers(entry: dict[str, Any], numbers: Any) -> None:
    import numpy as np

    entry["num_values"] += len(numbers)
    values = np.asarray(numbers, dtype=np.float64)
    if not np.isfinite(values).all():
        wrong = int(np.count_nonzero(~np.isfinite(values)))
        entry["num_not_finite"] = entry.get("num_not_finite", 0) + wrong
        values = values[np.isfinite(values)]
    entry["sum"] = entry.get("sum", 0.0) + float(values.sum())
    entry["scale"] = entry.get("scale", 0.0) + float(np.abs(values).sum())


def _add_texts(entry: dict[str, Any], texts: Any) -> None:
    entry["num_values"] += len(texts)
    hashes = sum(
        zlib.crc32(text if isinstance(text, bytes) else str(text).encode())
        for text in texts
    )
    entry["hash"] = (entry.get("hash", 0) + hashes) % (1 << 48)
