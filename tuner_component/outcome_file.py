"""A finished outcome beside its trial, for a driver that died before it heard."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tuner_component.evaluation import Outcome
from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.records import decode, encode

NAME = "outcome.json"
"""The file's name in a trial's folder."""


def write_outcome(folder: str, outcome: Outcome) -> None:
    """Keeps an outcome in its trial's folder: whole or not at all.

    Only for an evaluation that returned: an infrastructure error is retried, so it
    is nothing to keep.

    Raises:
        OSError: If the folder cannot be written to.
        TypeError: If something in the outcome is not JSON.
    """
    data = json.dumps(encode(outcome), allow_nan=False).encode()
    if is_remote(folder):
        GfileStore(folder).write(NAME, data)
    else:
        _write_whole(Path(folder), data)


def read_outcome(folder: str) -> Outcome | None:
    """Returns the outcome that a trial's folder holds; None without a valid one."""
    try:
        if is_remote(folder):
            data = GfileStore(folder).read(NAME)
        else:
            data = (Path(folder) / NAME).read_bytes()
        return decode(Outcome, json.loads(data))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def discard_outcome(folder: str) -> None:
    """Deletes the outcome that a trial's folder holds, if there is one."""
    if is_remote(folder):
        GfileStore(folder).delete(NAME)
    else:
        (Path(folder) / NAME).unlink(missing_ok=True)


def _write_whole(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NAME)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
