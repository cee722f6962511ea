"""The study: asks the strategy, journals everything, decides what an outcome means."""

from __future__ import annotations

import collections
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from tuner_component.errors import TunerError
from tuner_component.evaluation import Job, Outcome
from tuner_component.gfile_store import is_remote
from tuner_component.journal import Journal
from tuner_component.outcome_file import discard_outcome, read_outcome
from tuner_component.strategies.base import Done, Strategy, Suggest, Wait
from tuner_component.study import checkpoints, policy
from tuner_component.study import records as study_records
from tuner_component.study.history import History
from tuner_component.study.policy import Limits
from tuner_component.trial import Objective, Trial, TrialError, TrialState

__all__ = ["Home", "Limits", "Study"]


class Home(Protocol):
    """Where a study is kept."""

    @property
    def folder(self) -> str:
        """The study's folder; may have a scheme."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The study's identity; JSON."""

    @property
    def journal(self) -> Journal:
        """The study's journal; this study is its only writer."""


class Study:
    """One search: its trials, and what happens next.

    Made by `Study.open`. Not safe for use by several threads.

    Attributes:
        objective: The metric that decides.
        limits: What bounds the study in this session.
    """

    def __init__(
        self,
        home: Home,
        strategy: Strategy,
        objective: Objective,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self.objective, self.limits = objective, limits
        self._home, self._strategy, self._clock = home, strategy, clock
        self._history = History(objective)
        self._running: dict[str, int] = {}
        self._endings = policy.Endings(limits)
        self._emptied: set[str] = set()
        self._exhausted: str | None = None
        self._waits = False

    @classmethod
    def open(
        cls,
        home: Home,
        strategy: Strategy,
        objective: Objective,
        limits: Limits,
        options: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Study:
        """Begins a study, or continues the one that its home holds.

        Trials that ended while nobody listened are told now.

        Args:
            home: Where it is kept.
            strategy: What proposes trials.
            objective: The metric that decides.
            limits: What bounds the study from now on.
            options: JSON for the record: the search's options now in force.
            clock: Unix time in seconds.

        Raises:
            JournalError: If the journal is damaged or cannot be written.
            StudyMismatchError: If the journal belongs to another study.
        """
        study = cls(home, strategy, objective, limits, clock)
        records = home.journal.read()
        if records:
            study_records.check_first(records[0], home.header, home.folder)
        else:
            study._write(study_records.study(home.header, clock()))
        for record in records:
            study._history.apply(record)
        num_trials = len(study.trials)
        study._write(study_records.session(limits, options or {}, num_trials, clock()))
        study._tell_kept_outcomes()
        return study

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        return self._history.trials

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many trials are in each state."""
        return collections.Counter(trial.state for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The completed trial with the lowest loss, the earliest of equals."""
        return next(iter(checkpoints.ranked(self.trials)), None)

    @property
    def first_error(self) -> TrialError | None:
        """The error of the first trial that failed."""
        failed = (t for t in self.trials if t.state is TrialState.FAILED)
        return next((trial.error for trial in failed), None)

    @property
    def done(self) -> str | None:
        """Why nothing is left to do, for people; None while there is something."""
        if self.counts[TrialState.PENDING]:
            return None
        return self._endings.reason(self.counts) or self._exhausted

    def folder_of(self, trial_id: str) -> str:
        """Returns the trial's own folder."""
        return f"{self._home.folder}/trials/{trial_id}"

    def ask(self, count: int) -> list[Job]:
        """Returns what to run now.

        Pending trials that are not under way come first, then new ones, which are
        journalled before they are returned.

        Args:
            count: Jobs at most, >= 1.

        Raises:
            TunerError: If the strategy waits for nothing.
        """
        pending = [trial for trial in self.trials if self._can_start(trial)][:count]
        return [
            self._start(trial)
            for trial in pending + self._propose(count - len(pending))
        ]

    def tell(self, outcome: Outcome) -> Trial:
        """Takes an outcome, and returns its trial as it is now.

        An outcome of a trial that has ended changes nothing. Where a worker died
        after it had written its outcome, that outcome counts.

        Raises:
            ValueError: If there is no such trial.
        """
        trial = self._history.get(outcome.trial_id)
        if trial is None:
            raise ValueError(
                f"The outcome is of trial {outcome.trial_id!r}; expected one of the "
                f"{len(self.trials)} trials of this study."
            )
        if policy.is_infrastructure(outcome):
            outcome = self._kept_outcome(trial) or outcome
        outcome = policy.checked(outcome, self.objective)
        if trial.state.is_final or self._is_late_failure(outcome):
            return trial
        self._running.pop(trial.trial_id, None)
        self._waits = False
        if self._is_retried(trial, outcome):
            self._write(study_records.attempt_failed(outcome, self._clock()))
        else:
            state = policy.final_state(outcome)
            self._write(study_records.ended(outcome, state, self._clock()))
            self._endings.count(state)
        return self._history.get(trial.trial_id) or trial

    def release(self, trial_ids: Iterable[str]) -> None:
        """Takes back jobs that were cancelled; their trials stay pending."""
        for trial_id in trial_ids:
            self._running.pop(trial_id, None)

    def finish(self, reason: str) -> None:
        """Notes in the journal why the search ended; it can still go on later."""
        self._write(study_records.finished(reason, self._clock()))

    def prune_checkpoints(self) -> None:
        """Deletes the files of trials that nobody needs any more.

        A strategy with a method `keeps(history) -> Collection[str]` protects the
        trials that it names.
        """
        keeps = getattr(self._strategy, "keeps", None)
        kept = keeps(self.trials) if keeps else ()
        trials, keep = self.trials, self.limits.keep_checkpoints
        for trial_id in checkpoints.unneeded(trials, keep, kept):
            if trial_id not in self._emptied:
                checkpoints.empty(self.folder_of(trial_id))
                self._emptied.add(trial_id)

    def _tell_kept_outcomes(self) -> None:
        for trial in self.trials:
            outcome = None if trial.state.is_final else self._kept_outcome(trial)
            if outcome is not None:
                self.tell(outcome)

    def _kept_outcome(self, trial: Trial) -> Outcome | None:
        """Returns what a worker left that died, or whose driver did, before telling."""
        outcome = read_outcome(self.folder_of(trial.trial_id))
        if outcome is None or outcome.trial_id != trial.trial_id:
            return None
        return None if policy.is_infrastructure(outcome) else outcome

    def _propose(self, count: int) -> list[Trial]:
        count = min(count, self._endings.num_left(self.counts))
        if self._waits or self._exhausted or self._endings.reason(self.counts):
            return []
        if count < 1:
            return []
        new: list[Trial] = []
        for action in self._strategy.propose(self.trials, count):
            if isinstance(action, Done):
                self._exhausted = action.reason
            elif isinstance(action, Wait):
                self._waits = True
            elif len(new) < count:
                new.append(self._add(action))
        if not self.counts[TrialState.PENDING] and self._exhausted is None:
            raise TunerError(
                f"The strategy {type(self._strategy).__name__} waits although no trial "
                f"is running, after {len(self.trials)} trials. Expected at least one "
                "Suggest, or Done. This is an error in the strategy."
            )
        return new

    def _add(self, action: Suggest) -> Trial:
        number = len(self.trials)
        trial = Trial(
            trial_id=f"{number:04d}",
            number=number,
            values=action.values,
            seed=_trial_seed(self.limits.seed, number),
            fidelity=action.fidelity,
            note=action.note,
        )
        # A disk that lost the end of a journal may still hold its outcome.
        discard_outcome(self.folder_of(trial.trial_id))
        self._write(study_records.proposed(trial, self._clock()))
        return self._history.get(trial.trial_id) or trial

    def _start(self, trial: Trial) -> Job:
        folder = self.folder_of(trial.trial_id)
        if not is_remote(folder):
            Path(folder).mkdir(parents=True, exist_ok=True)
        attempt = self._history.take_attempt(trial.trial_id)
        self._running[trial.trial_id] = attempt
        return Job(
            trial_id=trial.trial_id,
            values=trial.values,
            seed=trial.seed,
            attempt=attempt,
            folder=folder,
            objective=self.objective.name,
            direction=self.objective.direction,
            fidelity=trial.fidelity,
            note=trial.note,
        )

    def _can_start(self, trial: Trial) -> bool:
        return not trial.state.is_final and trial.trial_id not in self._running

    def _is_late_failure(self, outcome: Outcome) -> bool:
        """Whether an attempt broke off that is not the one under way."""
        attempt = self._running.get(outcome.trial_id)
        return policy.is_infrastructure(outcome) and outcome.attempt != attempt

    def _is_retried(self, trial: Trial, outcome: Outcome) -> bool:
        return policy.is_infrastructure(outcome) and (
            trial.num_attempts < self.limits.max_retries
        )

    def _write(self, record: Mapping[str, Any]) -> None:
        self._home.journal.append(record)
        self._history.apply(record)


def _trial_seed(seed: int, number: int) -> int:
    """Returns the seed of a trial, in [0, 2**31)."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
