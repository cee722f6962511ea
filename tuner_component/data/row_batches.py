"""The rows of a table that a dataset's batches are made of.

A loop that knows them gathers the batches itself, and needs no dataset for it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tuner_component.data.row_order import RowOrder
from tuner_component.data.table import Table

_MARK = "_rows_of_table"
_KEEPING = {"_OptionsDataset", "_PrefetchDataset"}
_COUNTING = {"_RepeatDataset": "repeat", "_SkipDataset": "skip", "_TakeDataset": "take"}
"""What hands on elements as they are: all of them, or counted."""


@dataclasses.dataclass(frozen=True)
class RowBatches:
    """What a dataset is made of.

    Attributes:
        table: The examples.
        label_key: The feature that is the label.
        order: The rows of its batches; only the last batch may be smaller.
        dataset: What is made of it; None in a mark, which would hold its own dataset.
    """

    table: Table
    label_key: str
    order: RowOrder
    dataset: Any = None


def mark(dataset: Any, batches: RowBatches) -> None:
    """Notes at a dataset what it is made of."""
    vars(dataset)[_MARK] = batches


def row_batches(dataset: Any) -> RowBatches | None:
    """Returns what a dataset is made of; None if that is not known, or not all.

    Args:
        dataset: A marked one, or what the user's `repeat`, `take`, `skip`, `prefetch`
            or `with_options` made of it.
    """
    given, steps = dataset, list[tuple[str, int]]()
    while _MARK not in getattr(dataset, "__dict__", ()):
        kind = type(dataset).__name__
        is_known = kind in _KEEPING or kind in _COUNTING
        if not is_known or not type(dataset).__module__.startswith("tensorflow"):
            return None
        if kind in _COUNTING:
            steps.append((_COUNTING[kind], int(dataset._count)))
        dataset = dataset._input_dataset
    found: RowBatches = vars(dataset)[_MARK]
    if not found.order.is_cut and any(step == "repeat" for step, _ in steps):
        return None  # Batches within may be smaller.
    order = found.order
    for step, count in reversed(steps):
        order = order.then(step, count)
    return dataclasses.replace(found, order=order, dataset=given)
