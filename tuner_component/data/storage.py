"""Arrays in plain files: written batch after batch, then mapped into memory."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

Array = NDArray[Any]

Description = dict[str, Any]
"""What is needed to open an array again; JSON."""


class NumberFile:
    """Writes an array of numbers that grows along its first dimension.

    Args:
        path: The file; must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("xb")
        self._name, self._length = path.name, 0
        self._like: Array | None = None

    def add(self, rows: Array) -> int:
        """Appends rows of shape `(any, ...)`; returns the bytes that they take."""
        self._like, self._length = rows[:0], self._length + len(rows)
        return self._file.write(np.ascontiguousarray(rows).tobytes())

    def close(self) -> Description:
        """Ends the file; returns its description."""
        self._file.close()
        like = np.empty(0) if self._like is None else self._like
        shape = [self._length, *like.shape[1:]]
        return {"file": self._name, "dtype": like.dtype.name, "shape": shape}


class SplitsFile(NumberFile):
    """Writes row splits, `(num_rows + 1,)`, from the lengths of the rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._end = 0
        super().add(np.zeros(1, np.int64))

    @override
    def add(self, rows: Array) -> int:
        """Appends rows of these lengths, shape `(any,)`."""
        ends = self._end + np.cumsum(rows, dtype=np.int64)
        self._end = int(ends[-1]) if len(ends) else self._end
        return super().add(ends)


class TextFile:
    """Writes byte strings: one behind the other, and where each begins."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("xb")
        self._name = path.name
        self._inner: tuple[int, ...] = (0,)
        self._splits = SplitsFile(path.with_suffix(".splits"))

    def add(self, rows: Array) -> int:
        """Appends strings, shape `(any, ...)`; returns the bytes that they take."""
        self._inner = rows[:0].shape
        flat = rows.ravel().tolist()
        lengths = np.fromiter(map(len, flat), np.int64, len(flat))
        return self._file.write(b"".join(flat)) + self._splits.add(lengths)

    def close(self) -> Description:
        """Ends the file; returns its description."""
        self._file.close()
        return {
            "file": self._name,
            "splits": self._splits.close(),
            "inner": list(self._inner[1:]),
        }


def opened(folder: Path, description: Description) -> Array:
    """Returns an array as it was written; strings as Python objects.

    Numbers are mapped: the processes that open them share one copy in memory.
    """
    if "splits" in description:
        return _strings(folder, description)
    shape, dtype = tuple(description["shape"]), np.dtype(description["dtype"])
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(folder / description["file"], dtype, mode="r", shape=shape)


def _strings(folder: Path, description: Description) -> Array:
    text = (folder / description["file"]).read_bytes()
    splits = opened(folder, description["splits"]).tolist()
    strings = np.empty(len(splits) - 1, object)
    strings[:] = [text[begin:end] for begin, end in itertools.pairwise(splits)]
    return strings.reshape(-1, *description["inner"])
