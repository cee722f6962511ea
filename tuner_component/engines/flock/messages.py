"""What coordinator and workers write to each other: strict JSON, nothing else."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.storage.names import check_name
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome
from tuner_component.records import decode, encode
from tuner_component.trial import Measurement

T = TypeVar("T")

_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Setup:
    """What every worker of a flock must know; it must be the same for all jobs.

    Attributes:
        evaluator: Import path "package.module:factory" of what makes an `Evaluator`.
            Every worker must be able to import it.
        settings: The factory's keyword arguments; JSON.
        libraries: Modules that a worker imports once, see `Preload`.
        user_modules: The same for the user's modules.
        limits: What a trial may use.
        environment: Variables that workers have in addition to their own.
        timing: How often to look, and how long to wait.
        code: Name of the archive with the user's code, see `code`; "" for none.
        inputs: Files and folders that every worker must see, by their full names.
        together: Jobs that each slot of a worker may do at once, see
            `LocalPool.do_together`.
    """

    evaluator: str
    settings: Mapping[str, Any]
    libraries: tuple[str, ...] = ()
    user_modules: tuple[str, ...] = ()
    limits: TrialLimits = dataclasses.field(default_factory=TrialLimits)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    timing: Timing = dataclasses.field(default_factory=Timing)
    code: str = ""
    inputs: tuple[str, ...] = ()
    together: int = 1


class Kind(str, enum.Enum):
    """What a worker reports."""

    JOINED = "joined"
    """It takes jobs of this term; `slots` at once, and already has `holding`."""
    STARTED = "started"
    MEASURED = "measured"
    OUTCOME = "outcome"
    CANCELLED = "cancelled"
    """The job has ended as it was told to."""
    LEFT = "left"
    """It takes no more jobs and has none."""


@dataclasses.dataclass(frozen=True)
class Note:
    """One thing that a worker reports.

    Attributes:
        kind: What happened.
        number: Of the job, among those that this worker got in this term.
        slots: Jobs that it runs at once.
        holding: Trials that it runs or has run for an earlier coordinator, which
            nobody has been told about.
        measurement: How far training has got.
        outcome: How the job ended.
        why: Why it left before the study ended, for people; "" if it was told to.
    """

    kind: Kind
    number: int = -1
    slots: int = 0
    holding: tuple[str, ...] = ()
    measurement: Measurement | None = None
    outcome: Outcome | None = None
    why: str = ""


def write_setup(setup: Setup) -> bytes:
    """Returns a setup as bytes."""
    return _write({"version": _VERSION, "setup": encode(setup)})


def read_setup(data: bytes) -> Setup:
    """Returns a setup from bytes.

    Raises:
        EngineError: If it is none, or of a later release.
    """
    body = _read(data)
    if body.get("version") != _VERSION:
        raise EngineError(
            f"The coordinator writes version {body.get('version')!r} of its messages, "
            f"this worker reads {_VERSION}. Run the same release of tuner_component "
            "everywhere."
        )
    return _decode(Setup, body.get("setup"))


def write_job(job: Job) -> bytes:
    """Returns a job as bytes."""
    return _write(encode(job))


def read_job(data: bytes) -> Job:
    """Returns a job from bytes.

    Raises:
        EngineError: If it is none, or its names lead out of its folder.
    """
    job = _decode(Job, _read(data))
    check_name(job.trial_id, "A trial's id")
    for folder in (job.folder, job.parent_folder):
        if ".." in PurePosixPath(folder).parts:
            raise EngineError(
                f"A folder of trial {job.trial_id} is {folder!r}; expected a path "
                "without '..'."
            )
    return job


def write_notes(notes: Sequence[Note]) -> bytes:
    """Returns a worker's report as bytes."""
    return _write({"notes": encode(list(notes))})


def read_notes(data: bytes) -> list[Note]:
    """Returns a worker's report from bytes.

    Raises:
        EngineError: If it is none.
    """
    notes = _read(data).get("notes")
    if not isinstance(notes, list):
        raise EngineError("A report holds no list of notes.")
    return [_decode(Note, note) for note in notes]


def _write(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii")


def _read(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data, parse_constant=_refuse)
    except ValueError as error:
        raise EngineError(f"A message is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise EngineError(f"A message is {type(body).__name__}; expected an object.")
    return body


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _decode(cls: type[T], body: Any) -> T:
    try:
        return decode(cls, body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EngineError(
            f"A message holds no valid {cls.__name__}: {error}."
        ) from error
