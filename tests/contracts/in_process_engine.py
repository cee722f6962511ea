"""An engine that runs its jobs in this process, one at a time, when it is waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuner_component.engines.base import Event, Measured, Started
from tuner_component.evaluation import Evaluation, Evaluator, Job, Outcome, evaluate
from tuner_component.outcome_file import write_outcome
from tuner_component.trial import Measurement, Reason, TrialError


class WorkerDiedError(BaseException):
    """Raise in an evaluator: the worker is gone, and the engine says so."""


class InProcessEngine:
    """Keeps the engine's contract; the last job submitted runs first.

    Args:
        evaluator: The code under search.
        num_slots: Jobs at once.
    """

    def __init__(self, evaluator: Evaluator, num_slots: int = 1) -> None:
        self.num_slots = num_slots
        self.evaluated: list[Job] = []
        self.cancelled: list[str] = []
        self._evaluator = evaluator
        self._jobs: list[Job] = []

    def submit(self, job: Job) -> None:
        assert len(self._jobs) < self.num_slots
        assert job.trial_id not in [other.trial_id for other in self._jobs]
        self._jobs.append(job)

    def wait(self, timeout_seconds: float | None = None) -> Sequence[Event]:
        if not self._jobs:
            return []
        job = self._jobs.pop()
        self.evaluated.append(job)
        events: list[Event] = [Started(job.trial_id, "here")]
        try:
            outcome = evaluate(
                self._evaluator,
                job,
                lambda measurement: events.append(Measured(job.trial_id, measurement)),
                "here",
            )
            if (
                outcome.error is None
                or outcome.error.reason is not Reason.INFRASTRUCTURE
            ):
                write_outcome(job.folder, outcome)
        except WorkerDiedError as error:
            reason = TrialError(Reason.INFRASTRUCTURE, f"the worker died: {error}")
            outcome = Outcome(job.trial_id, job.attempt, error=reason, worker="here")
        return [*events, outcome]

    def cancel(self, trial_id: str) -> None:
        self.cancelled.append(trial_id)
        self._jobs = [job for job in self._jobs if job.trial_id != trial_id]

    def close(self) -> None:
        self._jobs = []


def scoring(score: Callable[[Job], float]) -> Evaluator:
    """Returns an evaluator that reports `score` of a job as its metric `score`."""

    def evaluator(job, report):
        value = score(job)
        measurement = Measurement(resource=1, metrics={"score": value})
        report(measurement)
        return Evaluation({"score": value}, (measurement,), {"attempt": job.attempt})

    return evaluator
