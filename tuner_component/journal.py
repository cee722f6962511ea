"""Append-only records that survive a crash at any byte.

A record is one line: the CRC-32 of its JSON as eight hexadecimal digits, a space,
and the JSON. On a file system all records are in one file. An object store cannot
append: there every record is an object of its own that is never written again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tuner_component.errors import JournalError

Record = Mapping[str, Any]


class Journal(Protocol):
    """Records in the order in which they were appended."""

    @property
    def records(self) -> Sequence[Record]:
        """Every whole record, oldest first."""

    def append(self, record: Record) -> None:
        """Adds a record; it is on stable storage when this returns.

        Raises:
            ValueError: If the record is not strict JSON; nothing is written.
        """


class ObjectStore(Protocol):
    """What a journal needs of a store that has no append."""

    def names(self) -> Sequence[str]:
        """Returns the names of all objects, in any order."""

    def read(self, name: str) -> bytes:
        """Returns an object's content."""

    def write_new(self, name: str, content: bytes) -> None:
        """Writes an object that is not there yet.

        Raises:
            FileExistsError: If it is there already.
        """


class FileJournal:
    """A journal in one file.

    Opening it cuts off a last line that a crash left unfinished.

    Args:
        path: The file; made with the first record.

    Raises:
        JournalError: If a record before the last one is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        content = path.read_bytes() if path.exists() else b""
        self._records, size = _parsed(content, str(path))
        if size < len(content):
            with path.open("r+b") as file:
                file.truncate(size)
                os.fsync(file.fileno())

    @property
    def records(self) -> Sequence[Record]:
        """Every whole record, oldest first."""
        return self._records

    def append(self, record: Record) -> None:
        """Adds a record; it is on stable storage when this returns."""
        line = _line(record)
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(descriptor).st_size
        try:
            _write_all(descriptor, line)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)  # or the next record would join half a one
            raise
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self._path.parent)
        self._records.append(json.loads(line[9:]))


class ObjectJournal:
    """A journal of one immutable object a record.

    A last object that a crash left damaged is passed over, and its number is not
    used again.

    Args:
        store: Where the objects are.

    Raises:
        JournalError: If an object before the last one is damaged or missing.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._records: list[Record] = []
        names = sorted(name for name in store.names() if name.endswith(".json"))
        for position, name in enumerate(names):
            self._take(name, is_last=position == len(names) - 1)
        self._next = int(names[-1].split(".")[0]) + 1 if names else 0

    @property
    def records(self) -> Sequence[Record]:
        """Every whole record, oldest first."""
        return self._records

    def append(self, record: Record) -> None:
        """Adds a record; it is on stable storage when this returns."""
        line = _line({**record, "record": len(self._records)})
        self._store.write_new(f"{self._next:012d}.json", line)
        self._next += 1
        self._records.append(json.loads(line[9:]))

    def _take(self, name: str, *, is_last: bool) -> None:
        parsed = _record(self._store.read(name).rstrip(b"\n"))
        if parsed is not None and parsed["record"] == len(self._records):
            self._records.append(parsed)
        elif parsed is not None or not (is_last or self._is_skipped(name)):
            raise JournalError(
                f"The record {name} of the journal is damaged, or one before it is "
                f"missing; expected record {len(self._records)}. Restore it from a "
                "backup, or start a new study with Search(resume='never').",
                location=name,
                record=len(self._records),
            )

    def _is_skipped(self, name: str) -> bool:
        """Whether a damaged object was the last one when a later one was written."""
        following = f"{int(name.split('.')[0]) + 1:012d}.json"
        content = self._store.read(following)
        parsed = _record(content.rstrip(b"\n"))
        return parsed is not None and parsed["record"] == len(self._records)


def _parsed(content: bytes, location: str) -> tuple[list[Record], int]:
    """Returns the records and how many bytes they take."""
    records: list[Record] = []
    offset = 0
    while offset < len(content):
        end = content.find(b"\n", offset)
        record = _record(content[offset:end]) if end >= 0 else None
        if record is None:
            if end >= 0 and end + 1 < len(content):
                raise JournalError(
                    f"The record {len(records)} of {location}, at byte {offset}, is "
                    "damaged, and others follow it. Restore the file from a backup, or "
                    "start a new study with Search(resume='never').",
                    location=location,
                    record=len(records),
                    offset=offset,
                )
            break
        records.append(record)
        offset = end + 1
    return records, offset


def _record(line: bytes) -> dict[str, Any] | None:
    if len(line) < 9 or f"{zlib.crc32(line[9:]):08x} ".encode() != line[:9]:
        return None
    return dict(json.loads(line[9:]))


def _line(record: Record) -> bytes:
    text = json.dumps(dict(record), allow_nan=False, separators=(",", ":")).encode()
    return f"{zlib.crc32(text):08x} ".encode() + text + b"\n"


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
