"""Configurations of earlier studies among the first ones of a strategy."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Action, Strategy, Suggest, kept
from tuner_component.strategies.rungs import after
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Trial, Value

NUM_POINTS = 5
"""Configurations of earlier studies that are tried if they prove good."""
_NUM_OTHERS = 2


class WarmStart:
    """Puts points that may mislead in the place of a strategy's proposals.

    The first point follows the first trial, the others follow the strategy's next
    proposal for as long as half of the points beat every trial that is none. Those
    that mislead cost a single trial; whatever else the strategy says of a proposal,
    its fidelity for example, holds for the point.

    Args:
        strategy: What proposes the other trials.
        space: What can be tried.
        points: Configurations of the space, the best first.
    """

    def __init__(
        self,
        strategy: Strategy,
        space: SearchSpace,
        points: Sequence[Mapping[str, Value]],
    ) -> None:
        self._strategy = strategy
        self._tried = Tried(space)
        self._points = {space.key(values): dict(values) for values in points}

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns the points that are due, and what the strategy proposes."""
        trials = list(history)
        actions: list[Action] = []
        while self._is_open(trials) and len(actions) < count:
            action = self._strategy.propose(trials, 1)[0]
            point = self._due(trials)
            if isinstance(action, Suggest) and point is not None:
                action = dataclasses.replace(action, values=point)
            actions.append(action)
            if not isinstance(action, Suggest):
                return actions
            trials = after(trials, action)
        if len(actions) == count:
            return actions
        return [*actions, *self._strategy.propose(trials, count - len(actions))]

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials whose files the strategy still needs."""
        return kept(self._strategy, history)

    def _is_open(self, trials: Sequence[Trial]) -> bool:
        """Returns whether a point is due now or after the next proposal."""
        return len(trials) <= _NUM_OTHERS or self._due(trials) is not None

    def _due(self, trials: Sequence[Trial]) -> dict[str, Value] | None:
        """Returns the point to try next; None if it is the strategy's turn."""
        keys = {trial.number: self._tried.key(trial.values) for trial in trials}
        # The first trial has the defaults, which may be a point by chance.
        points = [t for t in trials if t.number and keys[t.number] in self._points]
        others = [
            t for t in trials if not t.number or keys[t.number] not in self._points
        ]
        if not others or (points and not _are_good(points, others)):
            return None
        known = set(keys.values())
        left = (point for key, point in self._points.items() if key not in known)
        return next(left, None)


def _are_good(points: Sequence[Trial], others: Sequence[Trial]) -> bool:
    """Returns whether half of the points have beaten all others.

    A point that has not ended has not beaten them; nor can it beat a single one.
    """
    known = [trial.loss for trial in others if trial.loss is not None]
    goal = min(known, default=float("inf"))
    num_better = sum(t.loss is not None and t.loss <= goal for t in points)
    return len(others) >= _NUM_OTHERS and 2 * num_better >= len(points)
