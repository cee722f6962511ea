"""A journal in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner_component.errors import JournalError
from tuner_component.journal.lines import line_of, other_writer, records_of


class LocalJournal:
    """A journal in one file of a local or network file system."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1  # bytes in the file as last seen; -1 before the first look
        self._whole = 0  # bytes of whole records

    def read(self) -> list[dict[str, Any]]:
        """See `Journal.read`."""
        data = self._path.read_bytes() if self._path.exists() else b""
        records, self._whole = records_of(data, str(self._path))
        self._size = len(data)
        return records

    def append(self, record: Mapping[str, Any]) -> None:
        """See `Journal.append`."""
        line = line_of(record)
        if self._size < 0:
            self.read()
        if not self._path.exists():
            self._create()
        try:
            self._write(line)
        except OSError as error:
            raise JournalError(
                f"The journal {self._path} cannot be written: {error}. Free space or "
                "fix the permissions, then run again: everything up to here is kept.",
                location=str(self._path),
            ) from error

    def _write(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            if os.fstat(descriptor).st_size != self._size:
                raise other_writer(str(self._path))
            if self._whole < self._size:
                os.ftruncate(descriptor, self._whole)
                os.fsync(descriptor)
                self._size = self._whole
            written = os.write(descriptor, line)
            self._size += written
            if written < len(line):
                raise OSError(f"{written} of {len(line)} bytes were written")
            os.fsync(descriptor)
            self._whole = self._size
        finally:
            os.close(descriptor)

    def _create(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        for folder in (self._path.parent, self._path.parent.parent):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
