"""Examples by schema: parsed once into columns that all workers of a host share."""

from tuner_component.data.accessor import SharedReader
from tuner_component.data.split import Source, Split, open_split

__all__ = ["SharedReader", "Source", "Split", "open_split"]
