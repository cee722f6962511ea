"""A study that goes on, a round at a time, in any process that has its records."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import import_path
from tuner_component.engines.beam.order import Proposed, Record
from tuner_component.evaluation import Outcome
from tuner_component.records import decode, encode
from tuner_component.strategies.base import Strategy
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Objective, TrialState

FACTORY = "tuner_component.study_rounds:StudyRounds"


class StudyRounds:
    """Proposes the rounds of a study. All arguments are JSON.

    Args:
        folder: The study's folder.
        strategy: Import path "package.module:factory" of what makes the strategy.
        strategy_settings: The factory's keyword arguments.
        objectives: The metrics that decide.
        limits: What bounds the study.
        round_size: Jobs of a round at most, >= 1.
        ends_at: Unix time in seconds after which nothing is proposed, or None.
    """

    def __init__(
        self,
        folder: str,
        strategy: str,
        strategy_settings: Mapping[str, Any],
        objectives: Sequence[Mapping[str, Any]],
        limits: Mapping[str, Any],
        round_size: int,
        ends_at: float | None = None,
    ) -> None:
        self._strategy: Strategy = import_path.load(strategy)(**strategy_settings)
        self._folder = folder
        self._objectives = tuple(decode(Objective, each) for each in objectives)
        self._limits = decode(StudyLimits, limits)
        self._round_size = round_size
        self._ends_at = ends_at

    def advance(
        self, records: Sequence[Record], outcomes: Sequence[Outcome]
    ) -> Proposed:
        """See `Proposer.advance`."""
        journal = _Journal(records)
        study = Study.continued(
            _Home(self._folder, journal), self._strategy, self._objectives, self._limits
        )
        tell_round(study, outcomes)
        if self._ends_at is not None and time.time() >= self._ends_at:
            return Proposed(journal.new, [], study.done or "max_seconds is over")
        jobs = study.ask(self._round_size)
        done = "" if jobs else study.done or "nothing is left to run"
        return Proposed(journal.new, jobs, done)


def settings(
    folder: str,
    strategy: str,
    strategy_settings: Mapping[str, Any],
    study: Study,
    round_size: int,
    ends_at: float | None,
) -> dict[str, Any]:
    """Returns the arguments of `StudyRounds` as JSON, for an open study."""
    return {
        "folder": folder,
        "strategy": strategy,
        "strategy_settings": dict(strategy_settings),
        "objectives": [encode(each) for each in study.objectives],
        "limits": encode(study.limits),
        "round_size": round_size,
        "ends_at": ends_at,
    }


def tell_round(study: Study, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Tells what became of jobs that another process may have asked for.

    Trials without an outcome stay pending, and nothing is under way afterwards.

    Returns:
        The outcomes as they were told, with the attempt that the study expects.
    """
    study.release([trial.trial_id for trial in study.trials])
    num_pending = study.counts[TrialState.PENDING]
    jobs = study.ask(num_pending) if num_pending else []
    attempts = {job.trial_id: job.attempt for job in jobs}
    told = [
        dataclasses.replace(each, attempt=attempts.get(each.trial_id, each.attempt))
        for each in outcomes
    ]
    for outcome in told:
        study.tell(outcome)
    study.release(attempts)
    return told


class _Journal:
    """Records in memory.

    Attributes:
        new: Those that were appended.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self.new: list[dict[str, Any]] = []

    def read(self) -> list[dict[str, Any]]:
        """See `Journal.read`."""
        return [dict(record) for record in self._records]

    def append(self, record: Mapping[str, Any]) -> None:
        """See `Journal.append`."""
        self.new.append(dict(record))


@dataclasses.dataclass(frozen=True)
class _Home:
    """Where the study is, for `Study`."""

    folder: str
    journal: _Journal
    header: Mapping[str, Any] = dataclasses.field(default_factory=dict)
