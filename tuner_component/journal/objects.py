"""A journal where there is no append: one object a record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from tuner_component.errors import JournalError
from tuner_component.journal.lines import damaged, line_of, other_writer, record_of

_FOLDER = "records"
_NAME = re.compile(r"(\d{9})\.json")
_NUM_READERS = 16


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
                raise damaged(self._where(_path(number)), number, 0, "is missing")
            record = record_of(data.removesuffix(b"\n")) if data[-1:] == b"\n" else None
            if record is None and number + 1 < len(paths):
                raise damaged(self._where(path), number, 0, "is damaged")
            records += [] if record is None else [record]
        self._number, self._torn = len(records), len(records) < len(paths)
        return records

    def append(self, record: Mapping[str, Any]) -> None:
        """See `Journal.append`."""
        line = line_of(record)
        if self._number < 0:
            self.read()
        number, self._number = self._number, -1
        try:
            if self._torn:
                self._store.delete(_path(number))
            self._store.write_new(_path(number), line)
        except FileExistsError as error:
            raise other_writer(self._where(_path(number))) from error
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
