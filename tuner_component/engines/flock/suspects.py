"""Workers with which jobs broke off: the next attempt is made elsewhere."""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable

from tuner_component.engines.flock.roster import Member
from tuner_component.evaluation import Outcome


class Suspects:
    """Remembers who had a job that broke off, until that has ended.

    Whoever has ended another one since has shown that it was not its host's fault.
    """

    def __init__(self) -> None:
        self._by_trial: dict[str, set[str]] = {}

    def hear(self, outcome: Outcome) -> None:
        """Takes into account how a job has ended, and where."""
        if outcome.error is not None and outcome.error.is_infrastructure:
            where = self._by_trial.setdefault(outcome.trial_id, set())
            where.add(outcome.worker)
            return
        self._by_trial.pop(outcome.trial_id, None)
        for where in self._by_trial.values():
            where.discard(outcome.worker)

    def of(self, trial_id: str) -> Collection[str]:
        """Returns the ids of the members that a trial's next attempt avoids."""
        return self._by_trial.get(trial_id, ())

    def num_on_trial(self, members: Iterable[Member], num_waiting: int) -> int:
        """Returns for how many waiting jobs others may run where those broke off.

        A free worker that broke off one job may have another; with two it is like a
        worker that breaks off all it gets.
        """
        if not num_waiting:
            return 0
        broken = collections.Counter(
            worker for where in self._by_trial.values() for worker in where
        )
        free = sum(
            member.num_free
            for member in members
            if member.is_present and broken[member.id] == 1
        )
        return min(free, num_waiting)
