"""The rows of a table that a dataset's batches are made of.

A loop that knows them gathers the batches itself, and needs no dataset for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.data.table import Table

_MARK = "_rows_of_table"
_KEEPING: Mapping[str, Callable[[Any, Any], Any]] = {
    "_OptionsDataset": lambda rows, _: rows,
    "_PrefetchDataset": lambda rows, _: rows,
    "_RepeatDataset": lambda rows, made: rows.repeat(made._count),
    "_SkipDataset": lambda rows, made: rows.skip(made._count),
    "_TakeDataset": lambda rows, made: rows.take(made._count),
}
"""What hands on elements as they are, and the same of rows."""


@dataclasses.dataclass(frozen=True)
class RowBatches:
    """What a dataset is made of.

    Attributes:
        table: The examples.
        label_key: The feature that is the label.
        rows: A dataset of row numbers, shape `(batch,)`, int64, in the same order.
        batch_size: Rows in a batch; only the last one may be smaller.
    """

    table: Table
    label_key: str
    rows: Any
    batch_size: int


def mark(dataset: Any, batches: RowBatches) -> None:
    """Notes at a dataset what it is made of."""
    vars(dataset)[_MARK] = batches


def row_batches(dataset: Any) -> RowBatches | None:
    """Returns what a dataset is made of; None if that is not known, or not all.

    Args:
        dataset: A marked one, or what the user's `repeat`, `take`, `skip`, `prefetch`
            or `with_options` made of it.
    """
    steps: list[tuple[str, Any]] = []
    while _MARK not in getattr(dataset, "__dict__", ()):
        kind = type(dataset).__name__
        if kind not in _KEEPING or not type(dataset).__module__.startswith(
            "tensorflow"
        ):
            return None
        steps.append((kind, dataset))
        dataset = dataset._input_dataset
    found: RowBatches = vars(dataset)[_MARK]
    is_cut = found.rows.element_spec.shape[0] is not None
    if not is_cut and any(kind == "_RepeatDataset" for kind, _ in steps):
        return None  # Batches within may be smaller.
    rows = found.rows
    for kind, made in reversed(steps):
        rows = _KEEPING[kind](rows, made)
    return dataclasses.replace(found, rows=rows)
