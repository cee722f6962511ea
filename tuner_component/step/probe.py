"""Jobs that are not trials: exploring the user's code, exporting its best model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component.engines.base import Engine
from tuner_component.errors import EngineError, PreflightError, SearchSpaceError
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Objective, Trial

_MOST_ATTEMPTS = 3


def explore(engine: Engine, folder: str) -> Mapping[str, Any]:
    """Returns what the user's code asks for and reports, found out in a worker.

    Args:
        engine: Idle, with the search's evaluator.
        folder: Exists, for every worker.

    Raises:
        PreflightError: If it fails, or the model of the defaults cannot make a step.
    """
    outcome = _done(engine, _explore_job(folder))
    if outcome.error is not None:
        kind, _, text = outcome.error.message.partition(": ")
        if kind in (PreflightError.__name__, SearchSpaceError.__name__):
            raise PreflightError(text)
        raise PreflightError(
            "Before the first trial the module's function is called with the defaults, "
            f"and the model makes one step. That failed: {outcome.error.message}\n"
            f"{outcome.error.traceback}"
        )
    return outcome.report


def _explore_job(folder: str) -> Job:
    return Job(
        trial_id="explore",
        values={},
        seed=0,
        attempt=0,
        folder=folder,
        objective="explored",
        direction="max",
        note={"explore": True},
        is_trial=False,
    )


def export(
    engine: Engine, best: Trial, objective: Objective, folder: str, target: str
) -> str:
    """Writes the best trial's model as a SavedModel; returns "" or why it cannot.

    Args:
        engine: Idle, with the search's evaluator.
        best: The trial, with its weights in its folder.
        objective: The search's objective.
        folder: The trial's folder.
        target: Where the SavedModel goes.
    """
    note = {**best.note, "export": target, "report": dict(best.report)}
    job = Job(
        trial_id=best.trial_id,
        values=best.values,
        seed=best.seed,
        attempt=best.num_attempts,
        folder=folder,
        objective=objective.name,
        direction=objective.direction,
        fidelity=best.fidelity,
        note=note,
        is_trial=False,
    )
    try:
        error = _done(engine, job).error
    except EngineError as failed:
        return str(failed)
    return error.message if error else ""


def _done(engine: Engine, job: Job) -> Outcome:
    """Runs a job, and again if its worker died, which need not be the job's fault."""
    outcome = _attempted(engine, job)
    for _ in range(1, _MOST_ATTEMPTS):
        if outcome.error is None or not outcome.error.is_infrastructure:
            break
        job = dataclasses.replace(job, attempt=job.attempt + 1)
        outcome = _attempted(engine, job)
    return outcome


def _attempted(engine: Engine, job: Job) -> Outcome:
    engine.submit(job)
    while True:
        for event in engine.wait():
            if isinstance(event, Outcome) and event.trial_id == job.trial_id:
                return event
