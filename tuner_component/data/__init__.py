"""Examples by schema: parsed once into columns that all workers of a host share."""

from tuner_component.data.accessor import SharedReader
from tuner_component.data.lazy_dataset import ordered_rows, row_batches
from tuner_component.data.row_batches import RowBatches
from tuner_component.data.source import Source
from tuner_component.data.split import LABEL, Split, open_split

__all__ = [
    "LABEL",
    "RowBatches",
    "SharedReader",
    "Source",
    "Split",
    "open_split",
    "ordered_rows",
    "row_batches",
]
