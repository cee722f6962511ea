"""Append-only records that survive a crash at any byte.

A record is one JSON object, written as a line of `<CRC-32 in 8 hex digits> <JSON>`.
A local journal is one file of such lines. Object stores have no append: there each
record is an object of its own, numbered without gaps. Either way only the last record
can be half-written; it is dropped before the next one is appended. Damage anywhere
else is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.journal.local import LocalJournal
from tuner_component.journal.objects import ObjectJournal

_FILE = "journal.jsonl"


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


def open_journal(folder: str) -> Journal:
    """Returns the journal in a folder; a `scheme://` is taken for an object store."""
    if is_remote(folder):
        return ObjectJournal(GfileStore(folder))
    return LocalJournal(Path(folder) / _FILE)
