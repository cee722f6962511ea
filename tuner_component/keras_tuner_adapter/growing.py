"""A strategy over a space that grows when trials ask for new hyperparameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Action, Strategy, kept
from tuner_component.trial import Trial


class Growing:
    """Adds to the space what the history's trials reported beyond it.

    The space is a function of the history, so the strategy stays one too.

    Args:
        create: Makes the strategy for a space.
        space: What is known before the first trial.
    """

    def __init__(
        self, create: Callable[[SearchSpace], Strategy], space: SearchSpace
    ) -> None:
        self._create, self._known = create, space
        self._names = {parameter.name for parameter in space.parameters}
        self._strategy = create(space)
        self._seen: frozenset[str] = frozenset()

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what the strategy over the grown space proposes."""
        new = self._unknown(history)
        if new != self._seen:
            self._strategy, self._seen = self._create(grown(self._known, history)), new
        return self._strategy.propose(history, count)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials whose files the strategy still needs."""
        return kept(self._strategy, history)

    def _unknown(self, history: Sequence[Trial]) -> frozenset[str]:
        return _unknown(self._names, history)


def grown(space: SearchSpace, history: Sequence[Trial]) -> SearchSpace:
    """Returns the space with what the history's trials reported beyond it.

    Args:
        space: What was known before the first trial; may be empty.
        history: All trials.
    """
    names = {parameter.name for parameter in space.parameters}
    merged: set[str] = set()
    for trial in history:
        config = trial.report.get("hyperparameters")
        if config and _unknown(names, [trial]):
            text = json.dumps(config["space"], sort_keys=True)
            if text not in merged:
                reported = from_keras_tuner(config, drop_unreachable=True)
                space = space.merge(reported)
                merged.add(text)
    return space


def _unknown(names: Collection[str], history: Sequence[Trial]) -> frozenset[str]:
    return frozenset(
        entry["config"]["name"]
        for trial in history
        for entry in trial.report.get("hyperparameters", {}).get("space", ())
        if entry["config"]["name"] not in names
    )
