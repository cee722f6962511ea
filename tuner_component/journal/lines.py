"""Records as lines: `<CRC-32 in 8 hex digits> <JSON>`, and what is wrong with them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from tuner_component.errors import JournalError


def line_of(record: Mapping[str, Any]) -> bytes:
    """Returns a record as a line.

    Raises:
        ValueError: If it holds NaN or an infinity.
        TypeError: If it holds something else that is not JSON.
    """
    text = json.dumps(dict(record), allow_nan=False, separators=(",", ":"))
    data = text.encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(data), data)


def record_of(line: bytes) -> dict[str, Any] | None:
    """Returns the record on a line without its newline; None if it is damaged."""
    checksum, _, data = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(data):
        return None
    try:
        record = json.loads(data.decode("ascii"))  # Bytes are looked at for longer.
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def records_of(data: bytes, location: str) -> tuple[list[dict[str, Any]], int]:
    """Returns the whole records of a file, and how many bytes they take.

    Args:
        data: What the file holds.
        location: Names it in errors.

    Raises:
        JournalError: If anything but the end is damaged.
    """
    records: list[dict[str, Any]] = []
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        record = record_of(data[start:end]) if end >= 0 else None
        if record is None:
            is_last = end in (-1, len(data) - 1)
            if is_last and not _begins_whole(data[start:]):
                break
            raise damaged(location, len(records), start, "is damaged")
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


def damaged(location: str, record: int, offset: int, what: str) -> JournalError:
    """Returns the error of a journal that cannot be read.

    Args:
        location: Names the file or object.
        record: Number of the record, from 0.
        offset: Where it begins in the file, in bytes.
        what: What is wrong: "is damaged".
    """
    return JournalError(
        f"Record {record} of the journal {what}: {location}, byte {offset}. Expected a "
        "checksum and one JSON object; only the last record can be half-written. "
        "Restore the file from a backup, or move the study's folder away or use "
        'Search(resume="never") to begin a new study.',
        location=location,
        record=record,
        offset=offset,
    )


def other_writer(location: str) -> JournalError:
    """Returns the error of a journal in which there is more than was written here."""
    return JournalError(
        f"Somebody else has written to the journal {location} since it was read. "
        "Expected one process at a time: end the other one, then run again.",
        location=location,
    )
