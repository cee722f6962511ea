"""Append-only records that survive a crash at any byte.

A record is one JSON object, written as a line of `<CRC-32 in 8 hex digits> <JSON>`.
A local journal is one file of such lines. Object stores have no append: there each
record is an object of its own, numbered without gaps. Either way only the last record
can be half-written; it is dropped before the next one is appended. Damage anywhere
else is an error.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from tuner_component.errors import JournalError
from tuner_component.gfile_store import GfileStore, is_remote

_FILE = "journal.jsonl"
_FOLDER = "records"
_NAME = re.compile(r"(\d{9})\.json")
_NUM_READERS = 16


class Journal(Protocol):
    """An ordered list of JSON objects that only grows; one writer at a time."""

    def read(self) -> list[dict[str, Any]]:
        """Returns every whole record, oldest first; none if there is no journal.

        Raises:
            JournalError: If anything but the end is damaged.
        """

    def append(self, record: Mapping[str, Any]) -> None:
        """Adds a record; on return it is on stable storage.

        Raises:
            JournalError: If it cannot be written, or somebody else has written.
            ValueError: If the record holds NaN or an infinity.
            TypeError: If the record holds something else that is not JSON.
        """


class ObjectStore(Protocol):
    """What a journal needs of an object store; failures are `OSError`."""

    @property
    def root(self) -> str:
        """Where it is, for messages."""

    def list(self, prefix: str) -> list[str]:
        """Returns the names directly below the folder `prefix`, sorted."""

    def read(self, name: str) -> bytes:
        """Returns the object `name`."""

    def write_new(self, name: str, data: bytes) -> None:
        """Writes an object; `FileExistsError` if there is one of this name."""

    def delete(self, name: str) -> None:
        """Deletes an object; nothing if it is gone."""


def open_journal(folder: str) -> Journal:
    """Returns the journal in a folder; a `scheme://` is taken for an object store."""
    if is_remote(folder):
        return ObjectJournal(GfileStore(folder))
    return LocalJournal(Path(folder) / _FILE)


class LocalJournal:
    """A journal in one file of a local or network file system."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1  # bytes in the file as last seen; -1 before the first look
        self._whole = 0  # bytes of whole records

    def read(self) -> list[dict[str, Any]]:
        """See `Journal.read`."""
        data = self._path.read_bytes() if self._path.exists() else b""
        records, self._whole = _parse(data, str(self._path))
        self._size = len(data)
        return records

    def append(self, record: Mapping[str, Any]) -> None:
        """See `Journal.append`."""
        line = _line(record)
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
                raise _other_writer(str(self._path))
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


class ObjectJournal:
    """A journal of one immutable object a record: `records/000000012.json`.

    A half-written last object is deleted and its number given to the next record;
    that object never was a record, so nothing is lost.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._number = -1  # of the next record; -1 when not known
        self._torn = False

    def read(self) -> list[dict[str, Any]]:
        """See `Journal.read`."""
        names = [name for name in self._store.list(_FOLDER) if _NAME.fullmatch(name)]
        paths = [f"{_FOLDER}/{name}" for name in sorted(names)]
        with ThreadPoolExecutor(_NUM_READERS) as pool:
            contents = list(pool.map(self._store.read, paths))
        records: list[dict[str, Any]] = []
        for number, (path, data) in enumerate(zip(paths, contents, strict=True)):
            if path != _path(number):
                raise _damaged(self._where(_path(number)), number, 0, "is missing")
            record = _record(data.removesuffix(b"\n")) if data[-1:] == b"\n" else None
            if record is None and number + 1 < len(paths):
                raise _damaged(self._where(path), number, 0, "is damaged")
            records += [] if record is None else [record]
        self._number, self._torn = len(records), len(records) < len(paths)
        return records

    def append(self, record: Mapping[str, Any]) -> None:
        """See `Journal.append`."""
        line = _line(record)
        if self._number < 0:
            self.read()
        number, self._number = self._number, -1
        try:
            if self._torn:
                self._store.delete(_path(number))
            self._store.write_new(_path(number), line)
        except FileExistsError as error:
            raise _other_writer(self._where(_path(number))) from error
        except OSError as error:
            raise JournalError(
                f"The record {self._where(_path(number))} cannot be written: {error}. "
                "Run again when it can: everything up to here is kept.",
                location=self._where(_path(number)),
                record=number,
            ) from error
        self._number, self._torn = number + 1, False

    def _where(self, path: str) -> str:
        return f"{self._store.root}/{path}"


def _path(number: int) -> str:
    return f"{_FOLDER}/{number:09d}.json"


def _line(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(dict(record), allow_nan=False, separators=(",", ":"))
    data = text.encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _record(line: bytes) -> dict[str, Any] | None:
    """Returns the record on a line without its newline; None if it is damaged."""
    checksum, _, data = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(data):
        return None
    try:
        record = json.loads(data.decode("ascii"))  # Bytes are looked at for longer.
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _parse(data: bytes, location: str) -> tuple[list[dict[str, Any]], int]:
    """Returns the whole records and how many bytes they take."""
    records: list[dict[str, Any]] = []
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        record = _record(data[start:end]) if end >= 0 else None
        if record is None:
            is_last = end in (-1, len(data) - 1)
            if is_last and not _begins_whole(data[start:]):
                break
            raise _damaged(location, len(records), start, "is damaged")
        records.append(record)
        start = end + 1
    return records, start


def _begins_whole(tail: bytes) -> bool:
    """Whether a whole record is followed by what a torn write cannot leave there.

    Without this a damaged newline would make two records look like one torn one.
    """
    checksum, _, rest = tail.partition(b" ")
    try:
        text = rest.decode("ascii", errors="replace")
        _, length = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return False
    is_whole = checksum == b"%08x" % zlib.crc32(rest[:length])
    return is_whole and length < len(rest)


def _damaged(location: str, record: int, offset: int, what: str) -> JournalError:
    return JournalError(
        f"Record {record} of the journal {what}: {location}, byte {offset}. Expected a "
        "checksum and one JSON object; only the last record can be half-written. "
        "Restore the file from a backup, or move the study's folder away or use "
        'Search(resume="never") to begin a new study.',
        location=location,
        record=record,
        offset=offset,
    )


def _other_writer(location: str) -> JournalError:
    return JournalError(
        f"Somebody else has written to the journal {location} since it was read. "
        "Expected one process at a time: end the other one, then run again.",
        location=location,
    )
