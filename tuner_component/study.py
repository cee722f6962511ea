"""One search and its journal: the only writer of both."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuner_component.errors import TunerError
from tuner_component.evaluation import Job, Outcome
from tuner_component.history import History
from tuner_component.journal import Journal
from tuner_component.outcome_file import read_outcome
from tuner_component.records import encode
from tuner_component.strategies.base import Done, Strategy, Suggest, Wait
from tuner_component.trial import Objective, Reason, Trial, TrialState

_MAX_INFEASIBLE_IN_A_ROW = 100
_KEPT_FILE = "outcome.json"


@dataclasses.dataclass(frozen=True)
class Limits:
    """When a study has enough.

    Attributes:
        max_trials: Trials that complete, fail or run, at most; None: no limit.
        max_retries: Further attempts after a fault of the infrastructure.
        max_consecutive_failures: Trials in a row that may fail in one run.
        keep_checkpoints: Best trials whose files stay on disk, >= 1.
    """

    max_trials: int | None = None
    max_retries: int = 1
    max_consecutive_failures: int = 3
    keep_checkpoints: int = 1


class Study:
    """Proposes jobs, takes outcomes, and journals both before they count.

    Args:
        journal: The study's records, those of earlier runs included.
        strategy: Proposes configurations from the history.
        objective: What decides.
        limits: When to stop.
        folder: The study's local folder, for the trials' files.
        seed: Fixes the trials' seeds, >= 0.
    """

    def __init__(
        self,
        journal: Journal,
        strategy: Strategy,
        objective: Objective,
        limits: Limits,
        *,
        folder: str,
        seed: int,
    ) -> None:
        self.objective, self.limits = objective, limits
        self._journal, self._strategy = journal, strategy
        self._folder, self._seed = Path(folder), seed
        self._history = History(objective)
        self._history.replay(journal.read())
        self._under_way: set[str] = set()
        self._retries: list[str] = []
        self._exhausted = ""
        self._ended: list[Trial] = []
        self._take_finished_outcomes()

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        return self._history.trials

    @property
    def best(self) -> Trial | None:
        """The completed trial with the lowest loss, the earliest of equals."""
        ranked = self._ranked()
        return ranked[0] if ranked else None

    @property
    def done(self) -> str | None:
        """Why the study has ended, or None while it has not."""
        if self._waiting():
            return None
        return self._enough() or self._exhausted or None

    def folder_of(self, trial_id: str) -> str:
        """Returns the folder of a trial's files."""
        return str(self._folder / "trials" / trial_id)

    def ask(self, count: int) -> list[Job]:
        """Returns jobs to start now: interrupted ones, retries, then new ones.

        Args:
            count: How many may start, >= 1.

        Raises:
            TunerError: If the strategy waits while nothing runs.
        """
        jobs = [self._start(trial_id) for trial_id in self._waiting_to_run()[:count]]
        while len(jobs) < count and not self._enough() and not self._exhausted:
            new = self._propose(count - len(jobs))
            jobs += [self._start(trial_id) for trial_id in new]
            if not new:
                break
        return jobs

    def tell(self, outcome: Outcome) -> Trial:
        """Takes the outcome of a job; a second one for a trial changes nothing."""
        trial = self._history[outcome.trial_id]
        self._under_way.discard(trial.trial_id)
        if trial.state.is_final:
            return trial
        if self._is_retried(trial, outcome):
            self._journal.append({"type": "attempt_failed", "outcome": encode(outcome)})
            self._history.count_attempt(outcome)
            self._retries.append(trial.trial_id)
            return self._history[trial.trial_id]
        self._journal.append({"type": "ended", "outcome": encode(outcome)})
        ended = self._history.end(outcome)
        self._ended.append(ended)
        return ended

    def release(self, trial_id: str) -> None:
        """Says that a job was cancelled: its trial can be asked for again."""
        self._under_way.discard(trial_id)

    def begin(self, **facts: Any) -> None:
        """Journals that a run of the search begins, with facts about it; JSON."""
        self._journal.append({"type": "session", **facts})

    def finish(self, reason: str) -> None:
        """Journals that a run of the search has ended; more may follow."""
        self._journal.append({"type": "finished", "reason": reason})

    def prune_checkpoints(self) -> None:
        """Deletes the files of trials that can neither win nor be continued."""
        keep = {
            trial.trial_id for trial in self._ranked()[: self.limits.keep_checkpoints]
        }
        protects = getattr(self._strategy, "keeps", None)
        keep |= set(protects(self.trials)) if protects else set()
        for trial in self.trials:
            if trial.state.is_final and trial.trial_id not in keep:
                _empty(Path(self.folder_of(trial.trial_id)))

    def _ranked(self) -> list[Trial]:
        completed = [t for t in self.trials if t.state is TrialState.COMPLETED]
        return sorted(completed, key=lambda t: (t.loss, t.number))

    def _waiting(self) -> list[Trial]:
        return [trial for trial in self.trials if not trial.state.is_final]

    def _waiting_to_run(self) -> list[str]:
        waiting = [t.trial_id for t in self._waiting()]
        return [trial_id for trial_id in waiting if trial_id not in self._under_way]

    def _propose(self, count: int) -> list[str]:
        actions = self._strategy.propose(self.trials, self._room(count))
        proposed = [self._add(a) for a in actions if isinstance(a, Suggest)]
        last = actions[-1] if actions else Wait()
        if isinstance(last, Done):
            self._exhausted = last.reason
        elif not proposed and not self._waiting():
            raise TunerError(
                f"The strategy {type(self._strategy).__name__} waits although no trial "
                "is running; expected a suggestion or Done."
            )
        return proposed

    def _room(self, count: int) -> int:
        if self.limits.max_trials is None:
            return count
        return min(count, self.limits.max_trials - self._num_counted())

    def _num_counted(self) -> int:
        return sum(t.state is not TrialState.INFEASIBLE for t in self.trials)

    def _add(self, suggestion: Suggest) -> str:
        number = len(self.trials)
        trial = Trial(
            trial_id=f"{number:04d}",
            number=number,
            values=suggestion.values,
            seed=_trial_seed(self._seed, number),
            fidelity=suggestion.fidelity,
            note=suggestion.note,
        )
        self._journal.append({"type": "proposed", "trial": encode(trial)})
        self._history.add(trial)
        return trial.trial_id

    def _start(self, trial_id: str) -> Job:
        trial = self._history[trial_id]
        self._under_way.add(trial_id)
        folder = self.folder_of(trial_id)
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Job(
            trial_id=trial_id,
            values=trial.values,
            seed=trial.seed,
            attempt=trial.num_attempts,
            folder=folder,
            objective=self.objective.name,
            direction=self.objective.direction,
            fidelity=trial.fidelity,
            note=trial.note,
        )

    def _is_retried(self, trial: Trial, outcome: Outcome) -> bool:
        return (
            outcome.error is not None
            and outcome.error.reason is Reason.INFRASTRUCTURE
            and trial.num_attempts < self.limits.max_retries
        )

    def _enough(self) -> str:
        failures = _at_the_end(
            self._ended, TrialState.FAILED, ignore=TrialState.INFEASIBLE
        )
        if failures >= self.limits.max_consecutive_failures:
            return f"{failures} trials in a row have failed"
        infeasible = _at_the_end(self._ended, TrialState.INFEASIBLE)
        if infeasible >= _MAX_INFEASIBLE_IN_A_ROW:
            return f"{infeasible} configurations in a row were infeasible"
        limit = self.limits.max_trials
        if limit is not None and self._num_counted() >= limit:
            return f"max_trials={limit} trials have run"
        return ""

    def _take_finished_outcomes(self) -> None:
        """Takes what workers finished when the last driver was gone already."""
        for trial in self._waiting():
            outcome = read_outcome(self.folder_of(trial.trial_id))
            if outcome is not None and outcome.trial_id == trial.trial_id:
                self.tell(outcome)


def _trial_seed(seed: int, number: int) -> int:
    digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _at_the_end(
    trials: Sequence[Trial], state: TrialState, ignore: TrialState | None = None
) -> int:
    """Returns how many of the last trials are in this state."""
    count = 0
    for trial in reversed(trials):
        if trial.state is ignore:
            continue
        if trial.state is not state:
            break
        count += 1
    return count


def _empty(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _KEPT_FILE:
                path.unlink(missing_ok=True)
