"""Whether two runs see the same data, whatever files and order they see it in.

TFX shuffles what ExampleGen writes, and Transform's sums follow the order, so
that equal data give other bytes in every execution. A sketch holds what does not
depend on the order: counts, sums, and sums of hashes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_RELATIVE_TOLERANCE = 1e-4
_MAX_BYTES = 1 << 30


def sketch(args: Any, schema: Any) -> dict[str, Any]:
    """Returns a sketch of the splits that `fn_args` names; JSON.

    Splits over 1 GiB on disk are known by their size alone.

    Args:
        args: TFX's `FnArgs`.
        schema: The schema of the examples, or None.
    """
    return {
        split: _split_sketch(args.data_accessor.record_batch_factory, files, schema)
        for split, files in (("train", args.train_files), ("eval", args.eval_files))
    }


def same_data(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two sketches are of the same data.

    Counts and strings must be equal; sums may differ by 1e-4 of their scale, far
    more than the order of a summation changes and less than one new example does
    in most data.
    """
    if one.keys() != other.keys():
        return False
    return all(_same(one[name], other[name]) for name in one)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.get("num_values") != other.get("num_values"):
            return False
        if "scale" in one and "scale" in other:
            scale = max(one["scale"], other["scale"])
            return bool(
                abs(one["sum"] - other["sum"]) <= _RELATIVE_TOLERANCE * scale
                and abs(one["scale"] - other["scale"]) <= _RELATIVE_TOLERANCE * scale
            )
        return same_data(one, other)
    return bool(one == other)


def _split_sketch(factory: Any, files: Sequence[str], schema: Any) -> dict[str, Any]:
    import tensorflow as tf

    paths = [path for pattern in files for path in tf.io.gfile.glob(pattern)]
    num_bytes = sum(tf.io.gfile.stat(path).length for path in paths)
    if num_bytes > _MAX_BYTES:
        return {"num_files": len(paths), "num_bytes": num_bytes}
    columns: dict[str, dict[str, Any]] = {}
    num_examples = 0
    for batch in _batches(factory, files, schema):
        num_examples += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            _add(columns.setdefault(name, {"num_values": 0}), column)
    return {"num_examples": num_examples, "features": columns}


def _batches(factory: Any, files: Sequence[str], schema: Any) -> Iterator[Any]:
    from tfx_bsl.public import tfxio

    options = tfxio.RecordBatchesOptions(batch_size=1000, num_epochs=1)
    return iter(factory(list(files), options, schema))


def _add(entry: dict[str, Any], column: Any) -> None:
    """Adds one Arrow column, nested lists and all, to a feature's entry."""
    import numpy as np
    import pyarrow as pa

    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    column = column.drop_null() if hasattr(column, "drop_null") else column
    entry["num_values"] += len(column)
    if len(column) == 0:
        return
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
        if not np.isfinite(values).all():
            wrong = int(np.count_nonzero(~np.isfinite(values)))
            entry["num_not_finite"] = entry.get("num_not_finite", 0) + wrong
            values = values[np.isfinite(values)]
        entry["sum"] = entry.get("sum", 0.0) + float(values.sum())
        entry["scale"] = entry.get("scale", 0.0) + float(np.abs(values).sum())
    else:
        hashes = sum(zlib.crc32(value) for value in _as_bytes(column))
        entry["hash"] = (entry.get("hash", 0) + hashes) % (1 << 48)


def _as_bytes(column: Any) -> Iterator[bytes]:
    for value in column.to_pylist():
        yield value if isinstance(value, bytes) else str(value).encode()
