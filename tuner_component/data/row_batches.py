"""The rows of a table that a dataset's batches are made of.

A loop that knows them gathers the batches itself, and needs no dataset for it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tuner_component.data.row_order import RowOrder
from tuner_component.data.table import Table


@dataclasses.dataclass(frozen=True)
class RowBatches:
    """What a dataset is made of.

    Attributes:
        table: The examples.
        label_key: The feature that is the label.
        order: The rows of its batches; only the last batch may be smaller.
        dataset: What is made of it; None where a dataset holds this, so that no
            collection is needed to end it.
    """

    table: Table
    label_key: str
    order: RowOrder
    dataset: Any = None

    def then(self, step: str, count: int) -> RowBatches:
        """Returns what is left after another step."""
        return dataclasses.replace(self, order=self.order.then(step, count))

    def of(self, dataset: Any) -> RowBatches:
        """Returns the same for those who want to know the dataset."""
        return dataclasses.replace(self, dataset=dataset)
