"""What an outcome means for its trial, and when a search ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.evaluation import Outcome
from tuner_component.trial import (
    REPEAT_OF,
    Fidelity,
    Objective,
    Reason,
    StoppingRule,
    Trial,
    TrialError,
    TrialState,
    is_finite,
)

MAX_INFEASIBLE_IN_A_ROW = 100
"""After so many the search ends: the strategy finds nothing that can be tried."""

_UNLIMITED = 1 << 30


@dataclasses.dataclass(frozen=True)
class StudyLimits:
    """What a study keeps to in one session; the next one may have others.

    Attributes:
        max_trials: Trials to complete or fail at most; None for no limit.
        max_retries: Further attempts after an infrastructure failure, >= 0.
        max_consecutive_failures: Failed trials in a row that end the search,
            counted from the start of the session; None for no limit.
        keep_checkpoints: Best trials that keep their files, >= 1.
        seed: Seeds the new trials, >= 0.
        max_deaths: How often the search itself may die during a trial, >= 1, before it
            counts as failed; None: any number of times.
        least_chance: A training stops when its chance to beat the incumbent falls
            below it, > 0; None: none does.
    """

    max_trials: int | None = None
    max_retries: int = 1
    max_consecutive_failures: int | None = None
    keep_checkpoints: int = 1
    seed: int = 0
    max_deaths: int | None = None
    least_chance: float | None = None


class Endings:
    """Watches for a reason to end: enough trials, or too many bad ones in a row."""

    def __init__(self, limits: StudyLimits) -> None:
        self._limits = limits
        self._num_failed = 0
        self._num_infeasible = 0

    def count(self, state: TrialState) -> None:
        """Takes note that a trial has ended in this state."""
        if state is TrialState.INFEASIBLE:
            self._num_infeasible += 1
            return
        self._num_infeasible = 0
        self._num_failed = self._num_failed + 1 if state is TrialState.FAILED else 0

    def num_left(self, counts: Mapping[TrialState, int]) -> int:
        """Returns how many more trials there may be; infeasible ones do not count."""
        if self._limits.max_trials is None:
            return _UNLIMITED
        num_infeasible = counts.get(TrialState.INFEASIBLE, 0)
        return max(self._limits.max_trials - sum(counts.values()) + num_infeasible, 0)

    def reason(self) -> str | None:
        """Returns why nothing more should be tried, for people; None if it may."""
        most = self._limits.max_consecutive_failures
        if most is not None and self._num_failed >= most:
            return f"{self._num_failed} trials in a row failed"
        if self._num_infeasible >= MAX_INFEASIBLE_IN_A_ROW:
            return f"{self._num_infeasible} configurations in a row were infeasible"
        return None

    @property
    def full(self) -> str:
        """Why there may be no more trials once enough have ended, for people."""
        return f"max_trials={self._limits.max_trials} is reached"


def stopping_rule(
    limits: StudyLimits, trials: Sequence[Trial], note: Mapping[str, Any]
) -> StoppingRule | None:
    """Returns when a training that starts now is given up; None: never.

    It is journalled with the trial, so that it is the same in every attempt.

    Args:
        limits: Say below which chance.
        trials: All of a study with one objective.
        note: Of the training; one that runs a trial again is always complete.
    """
    if limits.least_chance is None or REPEAT_OF in note:
        return None
    full = [t.loss for t in trials if t.state is TrialState.COMPLETED]
    best = min((loss for loss in full if loss is not None), default=None)
    return None if best is None else StoppingRule(best, limits.least_chance)


def checked(outcome: Outcome, objectives: Sequence[Objective]) -> Outcome:
    """Returns the outcome, with an error unless all its objectives are finite."""
    if outcome.error is not None:
        return outcome
    for name in (objective.name for objective in objectives):
        score = outcome.metrics.get(name)
        if not is_finite(score):
            return dataclasses.replace(outcome, error=_unusable(name, score, outcome))
    return outcome


def _unusable(name: str, score: object, outcome: Outcome) -> TrialError:
    text = f"The objective {name!r} is {score!r}; expected a finite number."
    if name in outcome.metrics:
        return TrialError(Reason.NON_FINITE, text)
    text += f" The trial reported {sorted(outcome.metrics)}."
    return TrialError(Reason.NON_FINITE, text)


def state_after(outcome: Outcome, fidelity: Fidelity | None) -> TrialState:
    """Returns the state of a trial after this outcome at this fidelity."""
    if outcome.error is None and outcome.stopped:
        return TrialState.STOPPED
    if outcome.error is None:
        full = fidelity is None or fidelity.is_full
        return TrialState.COMPLETED if full else TrialState.PAUSED
    if outcome.error.reason is Reason.INFEASIBLE:
        return TrialState.INFEASIBLE
    return TrialState.FAILED


def killed(trial: Trial, num_deaths: int) -> Outcome:
    """Returns the outcome of a trial during which the search died too often.

    Args:
        trial: That trial.
        num_deaths: How often it died.
    """
    text = (
        f"The search died {num_deaths} times while this trial was under way; what it "
        "needs, memory say, may be the reason. Search(max_trial_bytes=...) ends a "
        "trial before that."
    )
    error = TrialError(Reason.INFRASTRUCTURE, text)
    return Outcome(trial.trial_id, trial.num_attempts + num_deaths, error=error)


def is_infrastructure(outcome: Outcome) -> bool:
    """Returns whether it says nothing about the trial, only about its worker."""
    return outcome.error is not None and outcome.error.is_infrastructure
