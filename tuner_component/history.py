"""Records to trials: the journal replayed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from tuner_component.evaluation import Outcome
from tuner_component.records import decode
from tuner_component.trial import (
    Objective,
    Reason,
    Trial,
    TrialError,
    TrialState,
    is_finite,
)


class History:
    """The trials of a study, from its records alone.

    Args:
        objective: Decides what a trial's score is.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._trials: dict[str, Trial] = {}

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        return tuple(self._trials.values())

    def __getitem__(self, trial_id: str) -> Trial:
        return self._trials[trial_id]

    def replay(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Takes in records; those of unknown types are passed over."""
        for record in records:
            if record["type"] == "proposed":
                self.add(decode(Trial, record["trial"]))
            elif record["type"] == "attempt_failed":
                self.count_attempt(decode(Outcome, record["outcome"]))
            elif record["type"] == "ended":
                self.end(decode(Outcome, record["outcome"]))

    def add(self, trial: Trial) -> None:
        """Adds a proposed trial."""
        self._trials[trial.trial_id] = trial

    def count_attempt(self, outcome: Outcome) -> None:
        """Notes an attempt that will be made again."""
        trial = self._trials[outcome.trial_id]
        self._trials[trial.trial_id] = dataclasses.replace(
            trial, num_attempts=trial.num_attempts + 1
        )

    def end(self, outcome: Outcome) -> Trial:
        """Ends a trial with its outcome and returns it."""
        score, error = self._judged(outcome)
        trial = self._trials[outcome.trial_id]
        ended = dataclasses.replace(
            trial,
            state=_state(error),
            score=score,
            loss=None if score is None else self._objective.loss(score),
            metrics=outcome.metrics,
            measurements=outcome.measurements,
            error=error,
            num_attempts=trial.num_attempts + 1,
            started_at=outcome.started_at or None,
            duration_seconds=outcome.duration_seconds,
            worker=outcome.worker,
            report=outcome.report,
        )
        self._trials[trial.trial_id] = ended
        return ended

    def _judged(self, outcome: Outcome) -> tuple[float | None, TrialError | None]:
        if outcome.error is not None:
            return None, outcome.error
        score = outcome.metrics.get(self._objective.name)
        if is_finite(score):
            return score, None
        name = self._objective.name
        return None, TrialError(
            Reason.NON_FINITE,
            f"The objective {name!r} is {score!r}; expected a finite number.",
        )


def _state(error: TrialError | None) -> TrialState:
    if error is None:
        return TrialState.COMPLETED
    if error.reason is Reason.INFEASIBLE:
        return TrialState.INFEASIBLE
    return TrialState.FAILED
