"""Finds the folder of a study: the same search finds the same folder again."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner_component.errors import (
    PreflightError,
    StudyInUseError,
    StudyMismatchError,
)
from tuner_component.journal import Journal, open_journal

_VERSION = 1
_DATA = "data"
_LOCK = "study.lock"
_JOURNAL = "journal.jsonl"

Header = Mapping[str, Any]
"""The parts of a study's fingerprint: equal parts, the same study."""

SameData = Callable[[Any, Any], bool]


@dataclasses.dataclass(frozen=True)
class Home:
    """An open study folder, locked for this process.

    Attributes:
        folder: The folder.
        journal: The study's records; the first holds the header.
        message: For the user: whether the study is continued, and why not.
    """

    folder: str
    journal: Journal
    message: str


@contextlib.contextmanager
def open_home(
    root: str, header: Header, resume: str, same_data: SameData
) -> Iterator[Home]:
    """Yields the folder of the study with this header, locked.

    Args:
        root: Holds one folder a study; made if missing.
        header: The search's fingerprint, part by part; JSON.
        resume: `"auto"` continues a study with an equal header, `"never"` makes a
            new one, `"must"` needs one to continue.
        same_data: Whether two values of the part `data` mean the same.

    Raises:
        PreflightError: If the folder cannot be written.
        StudyInUseError: If another process has the study.
        StudyMismatchError: If there is none to continue and one must be.
    """
    _check_writable(root)
    header = json.loads(json.dumps(header, allow_nan=False))
    earlier = list(_studies(Path(root)))
    found = next(
        (f for f, h in reversed(earlier) if not _differences(h, header, same_data)),
        None,
    )
    if found is None and resume == "must":
        raise StudyMismatchError(
            f"There is no study to continue in {root}. "
            + _nearest(earlier, header, same_data)
            + " Use Search(resume='auto') to start a new one."
        )
    if found is not None and resume != "never":
        with _locked(found):
            yield _continued(found)
        return
    folder = _new_folder(Path(root), header)
    with _locked(folder):
        journal = open_journal(str(folder))
        message = f"New study. {_nearest(earlier, header, same_data)}".strip()
        yield Home(str(folder), journal, message)


def _continued(folder: Path) -> Home:
    journal = open_journal(str(folder))
    types = [record["type"] for record in journal.read()]
    open_trials = types.count("proposed") - types.count("ended")
    message = f"Continuing the study with {types.count('ended')} trials"
    message += f" and {open_trials} that were interrupted." if open_trials else "."
    return Home(str(folder), journal, message)


def _studies(root: Path) -> Iterator[tuple[Path, Header]]:
    """Yields the studies of a folder, oldest first, and their headers."""
    folders = [path.parent for path in root.glob(f"*-*/{_JOURNAL}")]
    for folder in sorted(folders, key=lambda f: int(f.name.rpartition("-")[2])):
        with (folder / _JOURNAL).open("rb") as file:
            line = file.readline()
        with contextlib.suppress(ValueError, KeyError):
            record = json.loads(line[9:])
            if record["version"] == _VERSION:
                yield folder, record["header"]


def _differences(
    one: Header, other: Header, same_data: SameData
) -> dict[str, tuple[Any, Any]]:
    """Returns the parts that differ, with both values."""
    return {
        part: (one.get(part), other.get(part))
        for part in sorted({*one, *other})
        if one.get(part) != other.get(part)
        and not (part == _DATA and same_data(one[part], other[part]))
    }


def _nearest(
    earlier: Sequence[tuple[Path, Header]], header: Header, same_data: SameData
) -> str:
    """Says what differs from the most similar study, the latest of equals."""
    if not earlier:
        return ""
    differing = [(_differences(h, header, same_data), f) for f, h in reversed(earlier)]
    parts, folder = min(differing, key=lambda pair: len(pair[0]))
    if not parts:
        return f"Study {folder.name} is the same search and is left as it is."
    texts = [_difference(part, *values) for part, values in parts.items()]
    return f"It differs from study {folder.name} in {'; '.join(texts)}."


def _difference(part: str, one: Any, other: Any) -> str:
    if part == _DATA or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        simple = isinstance(one, int | float | str) and len(f"{one}{other}") < 60
        return f"{part} ({one!r} -> {other!r})" if simple else part
    texts = []
    for name in sorted({*one, *other}):
        if name not in other:
            texts.append(f"-{name}")
        elif name not in one:
            texts.append(f"+{name}")
        elif one[name] != other[name]:
            texts.append(f"{name}: {one[name]} -> {other[name]}")
    return f"{part} ({', '.join(texts)})"


def _new_folder(root: Path, header: Header) -> Path:
    exact = {part: value for part, value in header.items() if part != _DATA}
    text = json.dumps(exact, sort_keys=True, allow_nan=False)
    key = hashlib.sha256(text.encode()).hexdigest()[:10]
    number = 1 + max(
        (int(f.parent.name.rpartition("-")[2]) for f in root.glob(f"*-*/{_JOURNAL}")),
        default=0,
    )
    folder = root / f"{key}-{number}"
    with tempfile.TemporaryDirectory(dir=root, prefix=".draft_") as draft:
        home = Path(draft) / "study"
        home.mkdir()
        record = {"type": "study", "version": _VERSION, "header": header}
        open_journal(str(home)).append({**record, "at": time.time()})
        home.rename(folder)
    return folder


def _check_writable(root: str) -> None:
    try:
        os.makedirs(root, exist_ok=True)  # noqa: PTH103 - a str, as it was received
        probe = Path(root) / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise PreflightError(
            f"The study folder {root} cannot be written: {error.strerror}. Expected a "
            "writable local folder; choose one with Search(study_dir=...)."
        ) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the study; the system lets go of it when the process dies."""
    with (folder / _LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise StudyInUseError(
                f"The study {folder} is in use by {file.read() or 'another process'}. "
                "Wait for it to end, stop it, or give this run a folder of its own "
                "with Search(study_dir=...)."
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield
