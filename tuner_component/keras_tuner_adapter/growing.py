"""A strategy over a space that grows when trials ask for new hyperparameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search_space import Condition, SearchSpace
from tuner_component.strategies.base import Action, Strategy, kept
from tuner_component.trial import Trial

_Key: TypeAlias = tuple[str, tuple[Condition, ...]]


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
        self._keys = _keys(space)
        self._strategy = create(space)
        self._seen: frozenset[_Key] = frozenset()
        self._read: dict[str, tuple[Mapping[str, Any], frozenset[_Key]]] = {}

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what the strategy over the grown space proposes."""
        new = frozenset().union(*map(self._unknown, history))
        if new != self._seen:
            self._strategy, self._seen = self._create(grown(self._known, history)), new
        return self._strategy.propose(history, count)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials whose files the strategy still needs."""
        return kept(self._strategy, history)

    def _unknown(self, trial: Trial) -> frozenset[_Key]:
        report, found = self._read.get(trial.trial_id, (None, frozenset[_Key]()))
        if report is not trial.report:
            found = _unknown(self._keys, trial)
            self._read[trial.trial_id] = trial.report, found
        return found


def grown(space: SearchSpace, history: Sequence[Trial]) -> SearchSpace:
    """Returns the space with what the history's trials reported beyond it.

    Args:
        space: What was known before the first trial; may be empty.
        history: All trials.
    """
    keys = _keys(space)
    merged: set[str] = set()
    for trial in history:
        config = trial.report.get("hyperparameters")
        if config and _unknown(keys, trial):
            text = json.dumps(config["space"], sort_keys=True)
            if text not in merged:
                reported = from_keras_tuner(config, drop_unreachable=True)
                space = space.merge(reported)
                merged.add(text)
    return space


def _keys(space: SearchSpace) -> frozenset[_Key]:
    """A name may come again under other conditions."""
    return frozenset((each.name, each.conditions) for each in space.parameters)


def _unknown(keys: Collection[_Key], trial: Trial) -> frozenset[_Key]:
    known: dict[str, list[tuple[Condition, ...]]] = {}
    for name, conditions in keys:
        known.setdefault(name, []).append(conditions)
    config = trial.report.get("hyperparameters", {})
    reported = (_key(entry["config"]) for entry in config.get("space", ()))
    return frozenset(
        (name, conditions)
        for name, conditions in reported
        if all(_exclude(conditions, others) for others in known.get(name, ()))
    )


def _key(config: Mapping[str, Any]) -> _Key:
    conditions = (item["config"] for item in config["conditions"])
    parents = (Condition(item["name"], tuple(item["values"])) for item in conditions)
    return config["name"], tuple(parents)


def _exclude(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    """Returns whether conditions never hold together.

    A trial may report fewer of them than the space has: some are found by looking.
    """
    return any(
        mine.parent == theirs.parent and not set(mine.values) & set(theirs.values)
        for mine in one
        for theirs in other
    )
