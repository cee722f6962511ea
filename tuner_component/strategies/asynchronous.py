"""Asynchronous rungs: whoever deserves it goes on at once, else a new one starts."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

from tuner_component.strategies import rungs
from tuner_component.strategies.base import (
    Action,
    Done,
    Promote,
    Strategy,
    Suggest,
    Wait,
)
from tuner_component.trial import Fidelity, Trial, TrialState

Deserving = Callable[[Sequence[Trial], float, float], Sequence[Trial]]
"""Which trials, best first, may go on from one resource to the next."""

_RUNG = "lowest_rung"


@dataclasses.dataclass(frozen=True)
class Ladder:
    """What the rungs give.

    Attributes:
        resource: What is spent: `"epochs"`, ...
        steps: What each rung gives in all, increasing; the last is the full training.
    """

    resource: str
    steps: Sequence[float]

    def fidelity(self, step: float) -> Fidelity:
        """Returns the fidelity of a rung."""
        return Fidelity(self.resource, step, self.steps[-1])


class Asynchronous:
    """Promotes from the highest rung that has a deserving trial, or starts a new one.

    A failed trial is the worst of its rung; an infeasible one is replaced. When no
    configuration is left, the best trial goes on to the full training even if it
    does not deserve it by then.

    Args:
        ladder: The rungs.
        deserving: Who may go on.
        proposals: What fills the lowest rung.
        limit: Configurations at most; None for no limit.
    """

    def __init__(
        self,
        ladder: Ladder,
        deserving: Deserving,
        proposals: Strategy,
        limit: int | None,
    ) -> None:
        self._ladder, self._deserving = ladder, deserving
        self._proposals, self._limit = proposals, limit

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns promotions and new configurations; each one counts for the next."""
        return rungs.one_by_one(history, count, self._next)

    def _next(self, trials: Sequence[Trial]) -> Action:
        members = [
            trial
            for trial in trials
            if _RUNG in trial.note and trial.state is not TrialState.INFEASIBLE
        ]
        promotion = self._promotion(members, self._deserving)
        if promotion:
            return promotion
        if self._limit is None or len(members) < self._limit:
            (action,) = self._proposals.propose(trials, 1)
            if isinstance(action, Suggest):
                return dataclasses.replace(
                    action,
                    fidelity=self._ladder.fidelity(self._ladder.steps[0]),
                    note={**action.note, _RUNG: 0},
                )
        if any(trial.state is TrialState.PENDING for trial in members):
            return Wait()
        if any(trial.state is TrialState.COMPLETED for trial in members):
            return self._done(members)
        return self._promotion(members, _anybody) or self._done(members)

    def _promotion(
        self, members: Sequence[Trial], deserving: Deserving
    ) -> Promote | None:
        steps = self._ladder.steps
        for here, above in reversed(list(itertools.pairwise(steps))):
            for trial in deserving(members, here, above):
                return Promote(trial.trial_id, self._ladder.fidelity(above))
        return None

    def _done(self, members: Sequence[Trial]) -> Done:
        spent = sum(map(rungs.spent, members))
        full = sum(trial.state is TrialState.COMPLETED for trial in members)
        return Done(
            f"{len(members)} configurations got {spent:g} {self._ladder.resource}, "
            f"{full} of them the full training"
        )


def _anybody(members: Sequence[Trial], here: float, above: float) -> Sequence[Trial]:
    ended = rungs.ended_at(members, here)
    return [trial for _, trial in ended if rungs.can_go_on(trial, above)]
