"""The trials that a study's records tell of."""

from __future__ import annotations

import bisect
import collections
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tuner_component.errors import JournalError
from tuner_component.evaluation import Outcome
from tuner_component.records import decode
from tuner_component.trial import (
    REPEAT_OF,
    Fidelity,
    Objective,
    RungResult,
    StoppingRule,
    Trial,
    TrialState,
)


class History:
    """The trials of a study: the same records always give the same trials.

    Args:
        objectives: The metrics that decide; the first is the trials' score.
    """

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self._objectives = objectives
        self._trials: dict[str, Trial] = {}
        self._next_attempt: dict[str, int] = {}
        self._counts: collections.Counter[TrialState] = collections.Counter()
        self._pending: dict[str, Trial] = {}
        self._all: tuple[Trial, ...] | None = None
        self._sorted_losses: list[float] = []
        self._num_cut: collections.Counter[str] = collections.Counter()
        self._is_finished = False
        self._handed_out: set[str] = set()
        self._notes_handed_out = True

    @property
    def losses(self) -> Sequence[float]:
        """Those of the completed trials, the best first, without repeats of others."""
        return self._sorted_losses

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        if self._all is None:
            self._all = tuple(self._trials.values())
        return self._all

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many trials are in each state."""
        return +self._counts

    @property
    def pending(self) -> list[Trial]:
        """The trials that have not ended, in the order of their numbers."""
        return sorted(self._pending.values(), key=lambda trial: trial.number)

    def get(self, trial_id: str) -> Trial | None:
        """Returns a trial, or None if there is none of this id."""
        return self._trials.get(trial_id)

    def num_cut(self, trial_id: str) -> int:
        """Returns how many sessions died with it since its last attempt ended."""
        return self._num_cut[trial_id]

    def must_hear_of(self, trial_id: str) -> bool:
        """Returns whether a record must say that this session has a trial run.

        Not where it is there already, nor in a session whose successor knows anyway.
        """
        return self._notes_handed_out and trial_id not in self._handed_out

    def take_attempt(self, trial_id: str) -> int:
        """Returns the number of a pending trial's next attempt, and counts it."""
        attempt = self._next_attempt[trial_id]
        self._next_attempt[trial_id] = attempt + 1
        return attempt

    def apply(self, record: Mapping[str, Any]) -> None:
        """Takes the next record into account."""
        kind = record.get("type")
        if kind == "session":
            self._count_cut_attempts(record.get("cut"))
        elif kind == "finished":
            self._is_finished = True
        elif kind == "proposed":
            trial = decode(Trial, record["trial"])
            if trial.trial_id not in self._trials:  # Else it is there twice.
                self._put(trial)
                self._next_attempt[trial.trial_id] = 0
                self._handed_out.add(trial.trial_id)
        elif kind == "handed_out":
            self._handed_out.add(record["trial_id"])
        elif kind == "promoted":
            self._promote(record)
        elif kind == "attempt_failed":
            self._end_attempt(decode(Outcome, record["outcome"]))
        elif kind == "ended":
            outcome = decode(Outcome, record["outcome"])
            self._end(outcome, TrialState(record["state"]))

    def _count_cut_attempts(self, cut: Collection[str] | None) -> None:
        """Passes over the attempts that an earlier session left under way.

        Args:
            cut: Those that were, where the present session knows it.
        """
        self._notes_handed_out = cut is None
        if cut is None:
            cut = () if self._is_finished else self._handed_out
        for trial_id in self._pending:
            self._next_attempt[trial_id] += 1
            self._num_cut[trial_id] += trial_id in cut
        self._is_finished = False
        self._handed_out.clear()

    def _put(self, trial: Trial) -> None:
        before = self._trials.get(trial.trial_id)
        if before is not None:
            self._counts[before.state] -= 1
        self._counts[trial.state] += 1
        self._pending.pop(trial.trial_id, None)
        if trial.state is TrialState.PENDING:
            self._pending[trial.trial_id] = trial
        self._trials[trial.trial_id] = trial
        self._all = None
        is_complete = trial.state is TrialState.COMPLETED
        if is_complete and trial.loss is not None and REPEAT_OF not in trial.note:
            bisect.insort(self._sorted_losses, trial.loss)

    def _promote(self, record: Mapping[str, Any]) -> None:
        rule = record.get("stopping")
        self._handed_out.add(record["trial_id"])
        self._put(
            dataclasses.replace(
                self._known(record["trial_id"]),
                state=TrialState.PENDING,
                fidelity=decode(Fidelity, record["fidelity"]),
                stopping=None if rule is None else decode(StoppingRule, rule),
                score=None,
                loss=None,
                losses=(),
            )
        )

    def _known(self, trial_id: str) -> Trial:
        """Returns a trial.

        Raises:
            JournalError: If no record has proposed it.
        """
        if trial_id in self._trials:
            return self._trials[trial_id]
        raise JournalError(
            f"The journal tells of trial {trial_id!r}, but the record that proposed it "
            "is missing: lines of it are lost. Restore it from a backup, or begin a "
            'new study with Search(resume="never").'
        )

    def _end_attempt(self, outcome: Outcome) -> None:
        trial = self._known(outcome.trial_id)
        self._num_cut.pop(trial.trial_id, None)
        self._put(dataclasses.replace(trial, num_attempts=trial.num_attempts + 1))
        self._next_attempt[trial.trial_id] = outcome.attempt + 1

    def _end(self, outcome: Outcome, state: TrialState) -> None:
        trial = self._known(outcome.trial_id)
        self._num_cut.pop(trial.trial_id, None)
        if trial.state is not TrialState.PENDING:
            return  # It is there twice.
        succeeded = state.has_score
        first, metrics = self._objectives[0], outcome.metrics
        score = metrics[first.name] if succeeded else None
        loss = None if score is None else first.loss(score)
        losses = self._losses(metrics) if succeeded else ()
        ended = dataclasses.replace(
            trial,
            state=state,
            score=score,
            loss=loss,
            losses=losses,
            rungs=(*trial.rungs, *_rung(trial, loss, losses, outcome)),
            metrics=metrics,
            measurements=outcome.measurements,
            stopped=outcome.stopped if state is TrialState.STOPPED else "",
            error=outcome.error,
            num_attempts=trial.num_attempts + 1,
            started_at=outcome.started_at,
            duration_seconds=outcome.duration_seconds,
            worker=outcome.worker,
            report=outcome.report,
        )
        self._put(ended)
        self._next_attempt[trial.trial_id] = outcome.attempt + 1

    def _losses(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        if len(self._objectives) == 1:
            return ()
        return tuple(each.loss(metrics[each.name]) for each in self._objectives)


def _rung(
    trial: Trial, loss: float | None, losses: tuple[float, ...], outcome: Outcome
) -> tuple[RungResult, ...]:
    if trial.fidelity is None or loss is None:
        return ()
    seconds = outcome.duration_seconds
    return (RungResult(trial.fidelity.value, loss, seconds, losses),)
