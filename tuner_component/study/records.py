"""The records in a study's journal, as they are written."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Collection, Mapping
from typing import Any

from tuner_component.errors import StudyMismatchError
from tuner_component.evaluation import Outcome
from tuner_component.records import encode
from tuner_component.study.policy import StudyLimits
from tuner_component.trial import Fidelity, StoppingRule, Trial, TrialState

Record = dict[str, Any]
"""JSON with a `type`; a type that is not known here is passed over."""


_VERSION = 1
"""Of the records' form; a release reads this one and those below."""

_PACKAGES = ("tfx", "tensorflow", "keras", "keras-tuner", "numpy")


def study(header: Mapping[str, Any], at: float) -> Record:
    """Returns a journal's first record.

    Args:
        header: The study's identity; JSON.
        at: Unix time in seconds.
    """
    return _record("study", at, version=_VERSION, header=dict(header))


def check_first(record: Mapping[str, Any], header: Mapping[str, Any], at: str) -> None:
    """Raises unless a journal begins with this study.

    Args:
        record: Its first record.
        header: The identity of the study that is wanted.
        at: Where it is, for the message.

    Raises:
        StudyMismatchError: If it is another study, or of a newer release.
    """
    version = record.get("version")
    if record.get("type") != "study" or not isinstance(version, int):
        raise StudyMismatchError(
            f"The journal in {at} begins with a record of type {record.get('type')!r}; "
            "expected a study's. Move it away, or choose another Search(study_dir=...)."
        )
    if version > _VERSION:
        raise StudyMismatchError(
            f"The study in {at} has version {version}; expected at most {_VERSION}. "
            "Use the release of tuner_component that wrote it, or begin a new study "
            'with Search(resume="never").'
        )
    if record["header"] != header:
        raise StudyMismatchError(
            f"The study in {at} belongs to another search: {record['header']!r}; "
            f"expected {dict(header)!r}. Give each its own folder."
        )


def session(
    limits: StudyLimits,
    options: Mapping[str, Any],
    num_trials: int,
    cut: Collection[str] | None,
    at: float,
) -> Record:
    """Returns the record of a process that begins or continues the study.

    Args:
        limits: What it keeps to.
        options: The search's options in force; JSON.
        num_trials: Trials that it found.
        cut: See `Study.open`.
        at: Unix time in seconds.
    """
    known = {} if cut is None else {"cut": sorted(cut)}
    return _record(
        "session",
        at,
        pid=os.getpid(),
        host=platform.node(),
        limits=encode(limits),
        options=encode(options),
        versions=_versions(),
        num_trials=num_trials,
        **known,
    )


def finished(reason: str, at: float) -> Record:
    """Returns the record that a search has ended; it may still be continued."""
    return _record("finished", at, reason=reason)


def proposed(trial: Trial, at: float) -> Record:
    """Returns the record of a new trial.

    Args:
        trial: A pending trial.
        at: Unix time in seconds.
    """
    return _record("proposed", at, trial=encode(trial))


def promoted(
    trial_id: str, fidelity: Fidelity, stopping: StoppingRule | None, at: float
) -> Record:
    """Returns the record of a paused trial that goes on."""
    fields: Record = {"trial_id": trial_id, "fidelity": encode(fidelity)}
    if stopping is not None:
        fields["stopping"] = encode(stopping)
    return _record("promoted", at, **fields)


def handed_out(trial_id: str, at: float) -> Record:
    """Returns the record of a trial of an earlier session that is run in this one."""
    return _record("handed_out", at, trial_id=trial_id)


def attempt_failed(outcome: Outcome, at: float) -> Record:
    """Returns the record of an attempt after which there is another."""
    return _record("attempt_failed", at, outcome=encode(outcome))


def ended(outcome: Outcome, state: TrialState, at: float) -> Record:
    """Returns the record of a trial's last attempt and the state it is in now."""
    return _record("ended", at, outcome=encode(outcome), state=state.value)


def _record(kind: str, at: float, **fields: Any) -> Record:
    """Returns exactly what reading the record back would return."""
    text = json.dumps({"type": kind, "at": at, **fields}, allow_nan=False)
    record: Record = json.loads(text)
    return record


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
