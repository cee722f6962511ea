"""The study: asks the strategy, journals everything, decides what an outcome means."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from tuner_component.evaluation import Job, Outcome
from tuner_component.garbage import no_collection
from tuner_component.pareto.ranking import ranked
from tuner_component.strategies.base import Strategy
from tuner_component.study import policy
from tuner_component.study import records as study_records
from tuner_component.study.history import History
from tuner_component.study.jobs import make_job
from tuner_component.study.place import Place
from tuner_component.study.policy import StudyLimits
from tuner_component.study.proposals import Proposals
from tuner_component.study.trial_files import TrialFiles
from tuner_component.trial import Objective, Trial, TrialState


class Study:
    """One search: its trials, and what happens next.

    Made by `Study.open`. Not safe for use by several threads.

    Attributes:
        objectives: The metrics that decide.
        objective: The first of them, which decides what of a trial counts.
        limits: What bounds the study in this session.
    """

    def __init__(
        self,
        home: Place,
        strategy: Strategy,
        objectives: Sequence[Objective],
        limits: StudyLimits,
        clock: Callable[[], float],
    ) -> None:
        self.objectives, self.objective = objectives, objectives[0]
        self.limits = limits
        self._home, self._clock = home, clock
        self._history = History(objectives)
        self._running: dict[str, int] = {}
        self._files = TrialFiles(
            home.folder, strategy, self._history, limits, objectives
        )
        self._proposals = Proposals(
            strategy, self._history, limits, self._write, self.folder_of, clock
        )

    @classmethod
    def open(
        cls,
        home: Place,
        strategy: Strategy,
        objective: Objective | Sequence[Objective],
        limits: StudyLimits,
        options: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
        cut: Collection[str] | None = None,
    ) -> Study:
        """Begins a study, or continues the one that its home holds.

        Trials that ended while nobody listened are told now.

        Args:
            home: Where it is kept.
            strategy: What proposes trials.
            objective: The metric that decides, or several.
            limits: What bounds the study from now on.
            options: JSON for the record: the search's options now in force.
            clock: Unix time in seconds.
            cut: Ids of the trials that were under way when the last session died;
                None: all that it had handed out, unless it has finished.

        Raises:
            JournalError: If the journal is damaged or cannot be written.
            StudyMismatchError: If the journal belongs to another study.
        """
        several = [objective] if isinstance(objective, Objective) else objective
        study = cls(home, strategy, tuple(several), limits, clock)
        with no_collection():
            records = home.journal.read()
            if records:
                study_records.check_first(records[0], home.header, home.folder)
            else:
                study._write(study_records.study(home.header, clock()))
            for record in records:
                study._history.apply(record)
        num_trials = len(study.trials)
        session = study_records.session(limits, options or {}, num_trials, cut, clock())
        study._write(session)
        study._tell_kept_outcomes()
        study._give_up_killers()
        return study

    @classmethod
    def continued(
        cls,
        home: Place,
        strategy: Strategy,
        objectives: Sequence[Objective],
        limits: StudyLimits,
        clock: Callable[[], float] = time.time,
    ) -> Study:
        """Goes on with the session of another process, which leaves no record.

        Args:
            home: Where it is kept; has been opened in this session.
            strategy: What proposes trials.
            objectives: The metrics that decide.
            limits: Those of the session.
            clock: Unix time in seconds.
        """
        study = cls(home, strategy, objectives, limits, clock)
        for record in home.journal.read():
            study._apply(record)
        return study

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        return self._history.trials

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many trials are in each state."""
        return self._history.counts

    @property
    def best(self) -> Trial | None:
        """The trial with the most training and the lowest loss, the earliest of equals.

        With several objectives: the compromise.
        """
        return next(iter(ranked(self.trials, self.objectives)), None)

    @property
    def done(self) -> str | None:
        """Why nothing is left to do, for people; None while there is something."""
        return self._proposals.done

    def folder_of(self, trial_id: str) -> str:
        """Returns the trial's own folder."""
        return self._files.folder_of(trial_id)

    def ask(self, count: int) -> list[Job]:
        """Returns what to run now.

        Pending trials that are not under way come first, then new ones, which are
        journalled before they are returned.

        Args:
            count: Jobs at most, >= 1.

        Raises:
            TunerError: If the strategy waits for nothing.
        """
        suspect = next(filter(self._is_suspect, self._history.pending), None)
        if suspect is not None:  # What the search dies of must be known for sure.
            return [] if self._running else [self._start(suspect)]
        pending = [t for t in self._history.pending if self._can_start(t)][:count]
        new = self._proposals.next(count - len(pending))
        return [self._start(trial) for trial in pending + new]

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
            outcome = self._files.kept_outcome(trial) or outcome
        outcome = policy.checked(outcome, self.objectives)
        if trial.state is not TrialState.PENDING or self._is_late(outcome):
            return trial
        self._running.pop(trial.trial_id, None)
        self._proposals.hear()
        if self._is_retried(trial, outcome):
            self._write(study_records.attempt_failed(outcome, self._clock()))
        else:
            state = policy.state_after(outcome, trial.fidelity)
            self._write(study_records.ended(outcome, state, self._clock()))
            self._proposals.count(state)
        return self._history.get(trial.trial_id) or trial

    def release(self, trial_ids: Iterable[str]) -> None:
        """Takes back jobs that were cancelled; their trials stay pending."""
        for trial_id in trial_ids:
            self._running.pop(trial_id, None)

    def follow(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Journals what another process did in this session, see `continued`."""
        for record in records:
            self._home.journal.append(record)
            self._apply(record)

    def finish(self, reason: str) -> None:
        """Notes in the journal why the search ended; it can still go on later."""
        self._write(study_records.finished(reason, self._clock()))

    def prune_checkpoints(self) -> None:
        """Deletes the files of trials that nobody needs any more.

        A strategy with a method `keeps(history) -> Collection[str]` protects the
        trials that it names.
        """
        self._files.prune()

    def _tell_kept_outcomes(self) -> None:
        for trial in self._history.pending:
            outcome = self._files.kept_outcome(trial)
            if outcome is not None:
                self.tell(outcome)

    def _is_suspect(self, trial: Trial) -> bool:
        """Whether one more death is too many: alone, it is no other trial's."""
        most = self.limits.max_deaths or math.inf
        return self._history.num_cut(trial.trial_id) >= most - 1

    def _give_up_killers(self) -> None:
        """Ends the trials during which the search has died too often."""
        most = self.limits.max_deaths or math.inf
        for trial in self._history.pending:
            num_deaths = self._history.num_cut(trial.trial_id)
            if num_deaths >= most:
                outcome = policy.killed(trial, num_deaths)
                state = policy.state_after(outcome, trial.fidelity)
                self._write(study_records.ended(outcome, state, self._clock()))
                self._proposals.count(state)

    def _start(self, trial: Trial) -> Job:
        self._files.prepare(trial.trial_id)
        if self.limits.max_deaths and self._history.must_hear_of(trial.trial_id):
            self._write(study_records.handed_out(trial.trial_id, self._clock()))
        attempt = self._history.take_attempt(trial.trial_id)
        self._running[trial.trial_id] = attempt
        loss = self._files.loss_to_keep(trial)
        return make_job(trial, attempt, self.objectives, self.folder_of, loss)

    def _can_start(self, trial: Trial) -> bool:
        return trial.trial_id not in self._running

    def _is_late(self, outcome: Outcome) -> bool:
        """Whether an attempt broke off that is not the one under way."""
        attempt = self._running.get(outcome.trial_id)
        return policy.is_infrastructure(outcome) and outcome.attempt != attempt

    def _is_retried(self, trial: Trial, outcome: Outcome) -> bool:
        return policy.is_infrastructure(outcome) and (
            trial.num_attempts - len(trial.rungs) < self.limits.max_retries
        )

    def _apply(self, record: Mapping[str, Any]) -> None:
        self._history.apply(record)
        if record.get("type") == "session":
            self._proposals.begin_session()
        elif record.get("type") == "ended":
            self._proposals.hear()
            self._proposals.count(TrialState(record["state"]))

    def _write(self, record: Mapping[str, Any]) -> None:
        self._home.journal.append(record)
        self._history.apply(record)
