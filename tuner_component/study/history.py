"""The trials that a study's records tell of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component.evaluation import Outcome
from tuner_component.records import decode
from tuner_component.trial import Objective, Trial, TrialState


class History:
    """The trials of a study: the same records always give the same trials.

    Args:
        objective: The metric that decides.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._trials: dict[str, Trial] = {}
        self._next_attempt: dict[str, int] = {}

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        return tuple(self._trials.values())

    def get(self, trial_id: str) -> Trial | None:
        """Returns a trial, or None if there is none of this id."""
        return self._trials.get(trial_id)

    def take_attempt(self, trial_id: str) -> int:
        """Returns the number of a pending trial's next attempt, and counts it."""
        attempt = self._next_attempt[trial_id]
        self._next_attempt[trial_id] = attempt + 1
        return attempt

    def apply(self, record: Mapping[str, Any]) -> None:
        """Takes the next record into account."""
        kind = record.get("type")
        if kind == "session":
            self._count_cut_attempts()
        elif kind == "proposed":
            trial = decode(Trial, record["trial"])
            self._trials[trial.trial_id] = trial
            self._next_attempt[trial.trial_id] = 0
        elif kind == "attempt_failed":
            self._end_attempt(decode(Outcome, record["outcome"]))
        elif kind == "ended":
            outcome = decode(Outcome, record["outcome"])
            self._end(outcome, TrialState(record["state"]))

    def _count_cut_attempts(self) -> None:
        """Passes over the attempts that an earlier session left under way."""
        for trial in self._trials.values():
            if not trial.state.is_final:
                self._next_attempt[trial.trial_id] += 1

    def _end_attempt(self, outcome: Outcome) -> None:
        trial = self._trials[outcome.trial_id]
        self._trials[trial.trial_id] = dataclasses.replace(
            trial, num_attempts=trial.num_attempts + 1
        )
        self._next_attempt[trial.trial_id] = outcome.attempt + 1

    def _end(self, outcome: Outcome, state: TrialState) -> None:
        trial = self._trials[outcome.trial_id]
        completed = state is TrialState.COMPLETED
        score = outcome.metrics[self._objective.name] if completed else None
        self._trials[trial.trial_id] = dataclasses.replace(
            trial,
            state=state,
            score=score,
            loss=None if score is None else self._objective.loss(score),
            metrics=outcome.metrics,
            measurements=outcome.measurements,
            error=outcome.error,
            num_attempts=trial.num_attempts + 1,
            started_at=outcome.started_at,
            duration_seconds=outcome.duration_seconds,
            worker=outcome.worker,
            report=outcome.report,
        )
