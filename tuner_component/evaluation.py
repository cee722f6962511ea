"""One evaluation: a job goes in, an outcome comes out, nothing is raised."""

from __future__ import annotations

import dataclasses
import logging
import platform
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tuner_component.errors import (
    InfeasibleTrialError,
    TransientTrialError,
    TrialFailedError,
)
from tuner_component.storage_faults import is_storage_fault
from tuner_component.trial import (
    Fidelity,
    Inheritance,
    Measurement,
    Reason,
    StoppingRule,
    TrialError,
    Value,
    is_finite,
)

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Job:
    """One attempt at a trial, as dispatched to a worker. All of it is JSON.

    Attributes:
        trial_id: The trial.
        values: Hyperparameter name to value.
        seed: Seeds everything random; the same in every attempt.
        attempt: From 0.
        folder: The trial's own folder; exists, may hold an earlier attempt's files.
        objective: Name of the metric that the study needs.
        direction: `"min"` or `"max"`.
        fidelity: How much training; None is all of it.
        note: The strategy's JSON.
        is_trial: False for a job beside the search (exploring, exporting): the
            limits of trials do not hold for it, and its outcome is not kept.
        further_objectives: Names of the metrics that the study needs besides.
        inheritance: Whose weights it begins with; its own are left to later trials
            unless this is None.
        parent_folder: The folder of the trial that it inherits from, or "".
        stopping: When the training is given up; None: never.
        loss_to_keep: Its weights are for nobody if its loss is above; None: for
            somebody, whatever the loss.
    """

    trial_id: str
    values: Mapping[str, Value]
    seed: int
    attempt: int
    folder: str
    objective: str
    direction: str
    fidelity: Fidelity | None = None
    note: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    is_trial: bool = True
    further_objectives: tuple[str, ...] = ()
    inheritance: Inheritance | None = None
    parent_folder: str = ""
    stopping: StoppingRule | None = None
    loss_to_keep: float | None = None

    def needs_weights(self, metrics: Mapping[str, float]) -> bool:
        """Returns whether a trial that ended with these metrics leaves its weights."""
        score = metrics.get(self.objective)
        if self.loss_to_keep is None or score is None:
            return True
        loss = score if self.direction == "min" else -score
        return not loss > self.loss_to_keep


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A worker's answer to a job, or what the engine says in its place.

    Attributes:
        trial_id: The trial.
        attempt: The attempt that ended.
        metrics: Metrics at the best measurement; holds the objective and is
            finite there, unless `error` is set.
        measurements: The learning curve, oldest first.
        error: None when the evaluation succeeded.
        started_at: Unix time in seconds.
        duration_seconds: Length of the evaluation.
        worker: Which worker ran it.
        report: The evaluator's own JSON.
        stopped: Why the training was given up before its end, for people; empty
            where it was not.
    """

    trial_id: str
    attempt: int
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    error: TrialError | None = None
    started_at: float = 0.0
    duration_seconds: float = 0.0
    worker: str = ""
    report: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    stopped: str = ""


START_SECONDS = "start_seconds"
"""In the report of a job that is no trial: what every worker does before its first one
takes so long; without it, as long as the job."""


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What an evaluator returns.

    Attributes:
        metrics: Metrics at the best measurement; must hold the objective.
        measurements: The learning curve, oldest first; may be empty.
        report: JSON of the evaluator's own, kept with the trial.
        stopped: Why the training was given up, as `Job.stopping` asks; or empty.
    """

    metrics: Mapping[str, float]
    measurements: tuple[Measurement, ...] = ()
    report: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    stopped: str = ""


_REPORT = "tuner_component_report"


def reporting(error: Exception, report: Mapping[str, Any]) -> Exception:
    """Returns the error with which an evaluator ends that has a report all the same.

    Args:
        error: What it will raise.
        report: As of an `Evaluation`.
    """
    vars(error)[_REPORT] = dict(report)
    return error


Report = Callable[[Measurement], None]
"""Tells the study about a measurement while the evaluation goes on."""

Evaluator = Callable[[Job, Report], Evaluation]
"""Trains and scores one configuration; may raise anything.

A worker makes its evaluator once, from an import path and JSON settings:
`factory(**settings) -> Evaluator`.
"""


class Together(Protocol):
    """The method `together` of an evaluator that can do several jobs at once.

    Evaluators need not have it.
    """

    def __call__(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterable[tuple[Job, Callable[[], Evaluation]]]:
        """Yields jobs that it has trained, with what finishes their evaluation.

        The call returns or raises what the evaluator would for that job alone. Jobs
        that are not yielded have not been begun, as far as anyone can tell.
        """


def evaluate(
    evaluator: Evaluator, job: Job, report: Report, worker: str = ""
) -> Outcome:
    """Runs one job and turns whatever happens into an outcome.

    Args:
        evaluator: The user's code behind one call.
        job: What to evaluate.
        report: Called with every measurement while training goes on.
        worker: Name of the worker, for the record.
    """
    return _outcome(job, lambda: evaluator(job, report), worker, _Clock())


def evaluate_together(
    together: Together,
    jobs: Sequence[Job],
    report: Callable[[Job, Measurement], None],
    worker: str = "",
) -> Iterator[Outcome]:
    """Runs several jobs at once, as far as the evaluator can.

    Args:
        together: The method of the evaluator.
        jobs: What to evaluate.
        report: Called with every measurement while training goes on.
        worker: Name of the worker, for the record.

    Returns:
        An outcome for each job that was evaluated; the others are to be evaluated one
        by one.
    """
    clock = _Clock()
    try:
        for job, result in together(jobs, report):
            yield _outcome(job, result, worker, clock)
    except Exception:
        # Whatever it is about one of them, alone it shows whose fault it is.
        _logger.exception("Trials that were to train together train one by one.")


class _Clock:
    """When an evaluation began."""

    def __init__(self) -> None:
        self.started_at, self._monotonic = time.time(), time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._monotonic


def _outcome(
    job: Job, evaluated: Callable[[], Evaluation], worker: str, clock: _Clock
) -> Outcome:
    result, error = Evaluation(metrics={}), None
    try:
        result = evaluated()
        errors = [_objective_error(name, result) for name in _objectives(job)]
        error = next((found for found in errors if found is not None), None)
    except Exception as raised:  # noqa: BLE001 - the boundary of user code
        error = _error_of(raised)
        result = dataclasses.replace(result, report=vars(raised).get(_REPORT, {}))
    return Outcome(
        trial_id=job.trial_id,
        attempt=job.attempt,
        metrics=result.metrics,
        measurements=tuple(result.measurements),
        error=error,
        started_at=clock.started_at,
        duration_seconds=clock.seconds(),
        worker=worker,
        report=result.report,
        stopped=result.stopped,
    )


def _objectives(job: Job) -> tuple[str, ...]:
    return (job.objective, *job.further_objectives)


def _objective_error(name: str, result: Evaluation) -> TrialError | None:
    if name not in result.metrics:
        return TrialError(
            Reason.USER_ERROR,
            f"The training reported {sorted(result.metrics)}, which does not "
            f"hold the objective {name!r}.",
        )
    score = result.metrics[name]
    if not is_finite(score):
        return TrialError(
            Reason.NON_FINITE,
            f"The objective {name!r} is {score!r}; expected a finite number.",
        )
    return None


def _error_of(raised: Exception) -> TrialError:
    reason, where = Reason.USER_ERROR, ""
    if isinstance(raised, InfeasibleTrialError):
        reason = Reason.INFEASIBLE
    elif isinstance(raised, TransientTrialError):
        reason = Reason.INFRASTRUCTURE
    elif not isinstance(raised, TrialFailedError) and is_storage_fault(raised):
        reason = Reason.INFRASTRUCTURE
        where = (
            f" A folder that {platform.node()} writes to is full or fails: make room, "
            "or mend it."
        )
    return TrialError(
        reason,
        f"{type(raised).__name__}: {raised}{where and '.' + where}",
        "".join(traceback.format_exception(raised)),
    )
