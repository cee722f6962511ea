"""Which configurations the history has seen."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Generic, TypeVar

from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Action, Done, Suggest
from tuner_component.trial import Trial, Value

T = TypeVar("T")


class PerTrial(Generic[T]):
    """What follows from each trial's values, worked out once a trial.

    Args:
        work_out: Values of a trial -> result.

    Attributes:
        num_kept: How many results of the call before the last still hold.
    """

    def __init__(self, work_out: Callable[[Mapping[str, Value]], T]) -> None:
        self._work_out = work_out
        self.num_kept = 0
        self._seen: list[Trial] = []
        self._results: list[T] = []

    def __call__(self, history: Sequence[Trial]) -> Sequence[T]:
        """Returns the results, in the order of the trials."""
        self.num_kept = self._num_known(history)
        new = [self._work_out(trial.values) for trial in history[self.num_kept :]]
        self._results[self.num_kept :] = new
        self._seen = list(history)
        return self._results

    def _num_known(self, history: Sequence[Trial]) -> int:
        """Returns how many trials at the front have the values of the last call."""
        differ = map(operator.is_not, self._seen, history)
        for place in itertools.compress(itertools.count(), differ):
            if self._seen[place].values is not history[place].values:
                return place
        return min(len(self._seen), len(history))


class Tried:
    """Keys of configurations, each worked out once.

    Args:
        space: What can be tried.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._keys: dict[tuple[tuple[str, Value], ...], str] = {}
        self._of_history = PerTrial(self.key)

    def key(self, values: Mapping[str, Value]) -> str:
        """Returns a text that is the same for equal configurations only."""
        given = tuple(values.items())
        if given not in self._keys:
            self._keys[given] = self._space.key(values)
        return self._keys[given]

    def one_by_one(
        self,
        history: Sequence[Trial],
        count: int,
        following: Callable[[Sequence[Trial], Container[str]], Action],
    ) -> list[Action]:
        """Returns up to `count` actions, each as if those before it were running.

        Args:
            history: All trials so far.
            count: At least 1.
            following: Returns the next action, given the trials and the keys of what
                was tried. It is asked no more after a `Wait` or `Done`.
        """
        trials = list(history)
        tried = set(self._of_history(trials))
        actions: list[Action] = []
        while len(actions) < count:
            action = following(trials, tried)
            actions.append(action)
            if not isinstance(action, Suggest):
                break
            trials.append(extended(trials, action))
            tried.add(self.key(action.values))
        return actions


def extended(trials: Sequence[Trial], action: Suggest) -> Trial:
    """Returns the trial that a suggestion will be, after the `trials` so far."""
    number = len(trials)
    return Trial(
        str(number),
        number,
        action.values,
        seed=0,
        fidelity=action.fidelity,
        inheritance=action.inheritance,
        note=action.note,
    )


def all_tried(space: SearchSpace, num_configurations: int) -> Done:
    """Returns the end of a search that has tried every allowed configuration."""
    which = "allowed configurations" if space.constraints else "configurations"
    but = ", or equal one that was" if space.wirings else ""
    return Done(f"all {num_configurations} {which} were tried{but}")
