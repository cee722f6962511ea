"""Which configurations the history has seen."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Action, Done, Suggest
from tuner_component.trial import Trial, Value


class Tried:
    """Keys of configurations, each worked out once."""

    def __init__(self, space: SearchSpace) -> None:
        """Starts without keys.

        Args:
            space: What can be tried.
        """
        self._space = space
        self._keys: dict[tuple[tuple[str, Value], ...], str] = {}

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
        tried = {self.key(trial.values) for trial in trials}
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
    return Trial(str(number), number, action.values, seed=0, note=action.note)


def all_tried(space: SearchSpace, num_configurations: int) -> Done:
    """Returns the end of a search that has tried every allowed configuration."""
    which = "allowed configurations" if space.constraints else "configurations"
    return Done(f"all {num_configurations} {which} were tried")
