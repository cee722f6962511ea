"""The folder of a study: finds the one to continue, or makes a new one."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from tuner_component.errors import JournalError, PreflightError, StudyMismatchError
from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.journal import Journal, open_journal
from tuner_component.study import header_diff
from tuner_component.study import lock as study_lock
from tuner_component.trial import TrialState

_NAME = re.compile(r"[0-9a-f]{10}-\d+")
_DATA = "data"

SameData = Callable[[Any, Any], bool]
"""Whether two values of the part `data` are of the same data."""


@dataclasses.dataclass(frozen=True)
class Home:
    """Where one study is kept.

    Attributes:
        folder: The study's folder; may have a scheme.
        header: The identity on record; it may differ from the one asked for in
            what `same_data` overlooks.
        journal: The study's journal.
        message: For people: what is continued, or how the new study differs.
    """

    folder: str
    header: Mapping[str, Any]
    journal: Journal
    message: str


@contextlib.contextmanager
def open_home(
    root: str,
    header: Mapping[str, Any],
    resume: Literal["auto", "never", "must"] = "auto",
    same_data: SameData | None = None,
) -> Iterator[Home]:
    """Opens the study of this identity and locks it for as long as it is open.

    A home with a scheme (`gs://`) is not locked, since object stores have no locks:
    there, a second writer is noticed when it writes.

    Args:
        root: Folder that holds one folder a study; may have a scheme.
        header: The study's identity by named part; JSON.
        resume: `"auto"` continues the newest equal study, `"never"` begins a new
            one, `"must"` fails where there is none to continue.
        same_data: Compares the parts `data`; None for `==`.

    Raises:
        PreflightError: If the root cannot be written to.
        StudyInUseError: If another live process has the study.
        StudyMismatchError: If there must be a study to continue, and is none.
        JournalError: If the journal of a study to continue is damaged.
    """
    wanted = _Wanted(json.loads(json.dumps(header, allow_nan=False)), same_data)
    root = root.rstrip("/") or "/"
    try:
        folder, message = _choose(root, wanted, resume)
        lock = _lock(folder)
    except OSError as error:
        raise PreflightError(
            f"The folder for studies, {root}, cannot be used: {error}. Expected one "
            "that can be made and written to. Fix its permissions, or choose another "
            "with Search(study_dir=...)."
        ) from error
    with contextlib.closing(lock):
        journal = open_journal(folder)
        records = journal.read()
        recorded = records[0]["header"] if records else wanted.header
        yield Home(folder, recorded, journal, message)


class _Wanted:
    """The identity that is looked for."""

    def __init__(self, header: dict[str, Any], same_data: SameData | None) -> None:
        self.header = header
        self._same_data = same_data or (lambda one, other: bool(one == other))
        exact = {name: part for name, part in header.items() if name != _DATA}
        text = json.dumps(exact, sort_keys=True, separators=(",", ":"))
        self.key = hashlib.sha256(text.encode()).hexdigest()[:10]

    def differing(self, other: Mapping[str, Any]) -> list[str]:
        """Returns the names of the parts in which another identity differs."""
        return [name for name in {**other, **self.header} if self._differs(name, other)]

    def _differs(self, name: str, other: Mapping[str, Any]) -> bool:
        if name not in other or name not in self.header:
            return True
        if name == _DATA:
            return not self._same_data(other[name], self.header[name])
        return bool(other[name] != self.header[name])


@dataclasses.dataclass(frozen=True)
class _Found:
    """A study on disk; its header is None while it has no record.

    Hopeless is one in which all trials have ended and none has completed: what was
    wrong may be mended by now, and its trials would only be counted again.
    """

    name: str
    header: Mapping[str, Any] | None
    created_at: float
    num_ended: int
    is_hopeless: bool = False

    @property
    def age(self) -> tuple[float, int]:
        """Sorts studies, the newest last."""
        return self.created_at, int(self.name.rpartition("-")[2])

    @property
    def label(self) -> str:
        """Names it to people."""
        plural = "" if self.num_ended == 1 else "s"
        return f"{self.name} with {self.num_ended} ended trial{plural}"


def _choose(root: str, wanted: _Wanted, resume: str) -> tuple[str, str]:
    """Returns the folder and what to tell people about it."""
    names = [name for name in _list(root) if _NAME.fullmatch(name)]
    # A damaged journal only matters to who would continue it.
    must_read = "" if resume == "never" else wanted.key
    found = _find_all(root, names, must_read)
    equal = [study for study in found if _is_same(study, wanted)]
    newest = max(equal, key=lambda study: study.age, default=None)
    if newest and resume != "never" and not newest.is_hopeless:
        return f"{root}/{newest.name}", f"Continues study {newest.label}."
    difference = _difference(found, wanted)
    if resume == "must":
        raise StudyMismatchError(
            f'Search(resume="must") found no study to continue in {root}. '
            f'{difference}\nUndo the change, or use resume="auto" to begin a new study.'
        )
    return _make_folder(root, wanted.key, names), f"New study. {difference}"


def _is_same(study: _Found, wanted: _Wanted) -> bool:
    if study.header is None:
        return study.name.startswith(wanted.key)
    return not wanted.differing(study.header)


def _difference(found: Sequence[_Found], wanted: _Wanted) -> str:
    """Says how the nearest of the studies that there are differs."""
    parts = [(s, wanted.differing(s.header)) for s in found if s.header is not None]
    if not parts:
        return "There is no earlier one."
    fewest = min(len(names) for _, names in parts)
    nearest, names = max(
        (pair for pair in parts if len(pair[1]) == fewest), key=lambda pair: pair[0].age
    )
    if not names:
        hopeless = ", none completed" if nearest.is_hopeless else ""
        return (
            f"Study {nearest.label}{hopeless} is of the same search; it is left as it "
            "is."
        )
    lines = header_diff.describe(
        {name: part for name, part in (nearest.header or {}).items() if name in names},
        {name: part for name, part in wanted.header.items() if name in names},
    )
    text = "".join(f"\n  {line}" for line in lines)
    return f"It differs from study {nearest.label} in {', '.join(names)}:{text}"


def _list(root: str) -> list[str]:
    if is_remote(root):
        return GfileStore(root).list("")
    return [path.name for path in Path(root).iterdir()] if Path(root).is_dir() else []


def _find_all(root: str, names: Sequence[str], must_read: str) -> list[_Found]:
    """Returns the studies; of those damaged, only a `must_read` key is an error."""
    found = []
    for name in names:
        try:
            found.append(_find(root, name))
        except JournalError:
            if must_read and name.startswith(must_read):
                raise
    return found


def _find(root: str, name: str) -> _Found:
    records = open_journal(f"{root}/{name}").read()
    if not records:
        return _Found(name, None, 0.0, 0)
    types = collections.Counter(record.get("type") for record in records)
    ended = [record for record in records if record.get("type") == "ended"]
    states = {record["state"] for record in ended}
    return _Found(
        name,
        records[0].get("header", {}),
        records[0]["at"],
        len({record["outcome"]["trial_id"] for record in ended}),
        is_hopeless=types["proposed"] == types["ended"] > 0
        and not any(TrialState(state).has_score for state in states),
    )


def _make_folder(root: str, key: str, taken: Sequence[str]) -> str:
    numbers = [int(name[len(key) + 1 :]) for name in taken if name.startswith(key)]
    number = max(numbers, default=-1) + 1
    while not is_remote(root):
        try:
            Path(root, f"{key}-{number}").mkdir(parents=True)
            break
        except FileExistsError:
            number += 1
    return f"{root}/{key}-{number}"


class _Closable(Protocol):
    def close(self) -> None: ...


def _lock(folder: str) -> _Closable:
    if not is_remote(folder):
        return study_lock.acquire(Path(folder) / "study.lock")
    GfileStore(folder).write("owner.json", study_lock.owner_record())
    return contextlib.ExitStack()
