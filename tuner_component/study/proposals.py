"""What a study tries next: its strategy's wishes, within the limits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.errors import TunerError
from tuner_component.outcome_file import discard_outcome
from tuner_component.strategies.base import (
    Action,
    Done,
    Promote,
    Strategy,
    Suggest,
    Wait,
)
from tuner_component.study import actions, policy, records
from tuner_component.study.history import History
from tuner_component.study.policy import StudyLimits
from tuner_component.trial import Trial, TrialState


class Proposals:
    """Asks a strategy, and writes down the trials that follow.

    Args:
        strategy: What proposes trials.
        history: The study's trials; changes with what is written.
        limits: What bounds the study in this session.
        write: Takes a record into the journal and the history.
        folder_of: Trial id -> the trial's own folder.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        strategy: Strategy,
        history: History,
        limits: StudyLimits,
        write: Callable[[Mapping[str, Any]], None],
        folder_of: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._strategy, self._history, self._limits = strategy, history, limits
        self._write, self._folder_of, self._clock = write, folder_of, clock
        self._endings = policy.Endings(limits)
        self._exhausted: str | None = None
        self._waits = False

    @property
    def done(self) -> str | None:
        """Why nothing is left to do, for people; None while there is something."""
        if self._history.counts[TrialState.PENDING]:
            return None
        return self._endings.reason() or self._exhausted or self._full

    def begin_session(self) -> None:
        """Forgets how the trials of earlier sessions ended."""
        self._endings = policy.Endings(self._limits)

    def hear(self) -> None:
        """Takes note that the strategy, if it waits, may have something again."""
        self._waits = False

    def count(self, state: TrialState) -> None:
        """Takes note that a trial has ended in this state."""
        self._endings.count(state)

    def next(self, count: int) -> list[Trial]:
        """Returns new trials, and paused ones that go on; at most `count`.

        Raises:
            TunerError: If the strategy waits for nothing.
        """
        if count < 1 or self._waits or self._exhausted:
            return []
        if self._endings.reason() or self._full:
            return []
        counts = self._history.counts
        if not counts[TrialState.PAUSED]:
            count = min(count, self._endings.num_left(counts))
        trials = self._history.trials
        proposed = actions.cut(self._strategy.propose(trials, count), count)
        started = [trial for trial in map(self._take, proposed) if trial]
        if not self._history.counts[TrialState.PENDING] and self._exhausted is None:
            raise TunerError(
                f"The strategy {type(self._strategy).__name__} waits although no trial "
                f"is running, after {len(trials)} trials. Expected at least one "
                "Suggest or Promote, or Done. This is an error in the strategy."
            )
        return started

    @property
    def _full(self) -> str | None:
        """Why no trial may begin or go on; None while one may."""
        counts = self._history.counts
        paused = counts[TrialState.PAUSED]
        enough = not self._endings.num_left(counts) and not paused
        return self._endings.full if enough else None

    def _take(self, action: Action) -> Trial | None:
        if isinstance(action, Promote):
            return self._promote(action)
        if isinstance(action, Suggest) and self._endings.num_left(self._history.counts):
            return self._add(action)
        if isinstance(action, Done):
            self._exhausted = action.reason
        elif isinstance(action, Wait):
            self._waits = True
        elif not self._history.counts[TrialState.PENDING]:
            self._exhausted = self._endings.full
        return None

    def _promote(self, action: Promote) -> Trial:
        trial = self._history.get(action.trial_id)
        trial = actions.checked_paused(self._strategy, action.trial_id, trial)
        # The outcome of the rung below would pass for that of the one above.
        discard_outcome(self._folder_of(trial.trial_id))
        rule = policy.stopping_rule(self._limits, self._history.trials, trial.note)
        self._write(
            records.promoted(trial.trial_id, action.fidelity, rule, self._clock())
        )
        return self._history.get(trial.trial_id) or trial

    def _add(self, action: Suggest) -> Trial:
        trials, heritage = self._history.trials, action.inheritance
        if heritage is not None and heritage.parent is not None:
            parent = self._history.get(heritage.parent)
            actions.check_parent(self._strategy, heritage.parent, parent)
        number = len(trials)
        trial = Trial(
            trial_id=f"{number:04d}",
            number=number,
            values=action.values,
            seed=_trial_seed(self._limits.seed, number),
            fidelity=action.fidelity,
            inheritance=action.inheritance,
            stopping=policy.stopping_rule(self._limits, trials, action.note),
            note=action.note,
        )
        # A disk that lost the end of a journal may still hold its outcome.
        discard_outcome(self._folder_of(trial.trial_id))
        self._write(records.proposed(trial, self._clock()))
        return self._history.get(trial.trial_id) or trial


def _trial_seed(seed: int, number: int) -> int:
    """Returns the seed of a trial, in [0, 2**31)."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
