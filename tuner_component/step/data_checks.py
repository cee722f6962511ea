"""Checks on the examples themselves, before the first trial."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.search import Search
from tuner_component.step import data_sketch

_CUT_OFF = "the compressed file is cut off"
_READ_BYTES = 1 << 20
_UNFIT = (
    "The examples do not fit their schema: {error}. Run SchemaGen again, or the "
    "component that wrote the examples; after Transform, give the Tuner its "
    "transformed_examples with its transform_graph, or the raw ones with the schema."
)


def readable_sketch(args: Any, schema: Any, *, by_schema: bool) -> dict[str, Any]:
    """Returns `data_sketch.sketch`, of examples that can all be read.

    Args:
        args: TFX's `FnArgs`.
        schema: The schema of the examples, or None.
        by_schema: Whether the trials read them by it; a `tuner_fn` need not.

    Raises:
        PreflightError: Names the file and the record that cannot be read, or the
            feature that does not fit the schema.
    """
    import tensorflow as tf

    splits = {"train": _files(args.train_files), "eval": _files(args.eval_files)}
    try:
        sketch = data_sketch.sketch(args, schema)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        damaged = _first_damaged([*splits["train"], *splits["eval"]])
        if damaged is not None:
            raise _unreadable(*damaged) from error
        if schema is None:
            raise
        if by_schema:
            raise PreflightError(_UNFIT.format(error=error)) from error
        sketch = data_sketch.sketch(args, None)
    for split, files in splits.items():
        if "num_examples" in sketch[split]:  # not so of what is too large to read
            damaged = _first_damaged([file for file in files if not _is_whole(file)])
            if damaged is not None:
                raise _unreadable(*damaged)
    return sketch


def check_label_values(sketch: Mapping[str, Any], label_key: str) -> None:
    """Raises if a label is no number to train on.

    Args:
        sketch: What `readable_sketch` returned.
        label_key: The label's feature.

    Raises:
        PreflightError: Names the split and how many labels are wrong.
    """
    for split, content in sketch.items():
        label = content.get("features", {}).get(label_key, {})
        wrong = label.get("num_not_finite", 0)
        if wrong:
            raise PreflightError(
                f"The label {label_key!r} is NaN or infinite in {wrong} of "
                f"{label['num_values']} examples of the {split} split; every loss "
                "would be NaN. Leave such examples out, or fill them in Transform."
            )


def check_batch_size(sketch: Mapping[str, Any], search: Search) -> None:
    """Raises if the user asks for batches that the data cannot fill.

    Args:
        sketch: What `readable_sketch` returned.
        search: The user's options.

    Raises:
        PreflightError: Names both sizes.
    """
    num_examples = sketch["train"].get("num_examples")
    if search.batch_size == Search().batch_size or num_examples is None:
        return
    if search.batch_size > num_examples:
        raise PreflightError(
            f"Search(batch_size={search.batch_size}) is larger than the train split, "
            f"{num_examples} examples. Use a batch_size of at most {num_examples}."
        )


def _files(patterns: Sequence[str]) -> list[str]:
    import tensorflow as tf

    return [file for pattern in patterns for file in tf.io.gfile.glob(pattern)]


def _unreadable(file: str, number: int, why: str) -> PreflightError:
    return PreflightError(
        f"Record {number} of {file} cannot be read: {why}. Expected a TFRecord "
        "file of whole examples; run the component that wrote it again."
    )


def _is_whole(file: str) -> bool:
    """Returns whether a compressed file has its end, and what it says of itself.

    TensorFlow takes one that is cut off between two records for a shorter one.
    """
    import tensorflow as tf

    if not file.endswith(".gz") or tf.io.gfile.stat(file).length == 0:
        return True
    try:
        with (
            tf.io.gfile.GFile(file, "rb") as raw,
            gzip.GzipFile(fileobj=raw) as content,
        ):
            while content.read(_READ_BYTES):
                pass
    except (EOFError, OSError, zlib.error):
        return False
    return True


def _first_damaged(files: Sequence[str]) -> tuple[str, int, str] | None:
    """Returns file, number of the record from 0, and what is wrong with it."""
    import tensorflow as tf

    for file in files:
        kind = "GZIP" if file.endswith(".gz") else ""
        records = tf.data.TFRecordDataset(file, kind).as_numpy_iterator()
        number = 0
        try:
            for record in records:
                tf.train.Example.FromString(record)
                number += 1
        except tf.errors.OpError as error:
            return file, number, error.message
        except Exception as error:  # noqa: BLE001 - protobuf's differ by release
            return file, number, str(error)
        if not _is_whole(file):
            return file, number, _CUT_OFF
    return None
