"""Settles how a search is done: the user's code, the options and the defaults."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter import bridge
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search import Search
from tuner_component.search_space import SearchSpace
from tuner_component.step import objectives
from tuner_component.strategies import registry
from tuner_component.strategies.base import Strategy
from tuner_component.trial import Objective

_DEFAULT_STRATEGY = "random"
_DEFAULT_OBJECTIVE = "val_loss"
_DEFAULT_FAILURES = 3


@dataclasses.dataclass(frozen=True)
class SearchPlan:
    """Everything the study needs, whoever decided it.

    Attributes:
        strategy: What proposes trials.
        objective: The metric and its direction.
        max_trials: Trials at most, or None.
        max_consecutive_failures: Failures in a row that end the search.
        space: Hyperparameter name to a description, for the fingerprint.
        strategy_name: For the fingerprint and the user.
        num_expected: How many trials there will be, or None if nobody knows.
    """

    strategy: Strategy
    objective: Objective
    max_trials: int | None
    max_consecutive_failures: int
    space: Mapping[str, str]
    strategy_name: str
    num_expected: int | None


def check_options(search: Search) -> None:
    """Raises for options that no model can make right.

    Raises:
        ValueError: If strategy, its options, or the objective's direction is wrong.
    """
    if search.strategy is not None or search.strategy_options:
        name = search.strategy or _DEFAULT_STRATEGY
        registry.check(name, search.strategy_options)
    if search.objective is not None:
        objectives.resolve(search.objective)


def plan_build_model(
    search: Search, config: Mapping[str, Any], metrics: Sequence[str]
) -> SearchPlan:
    """Plans a search over the hyperparameters that a `build_model` asks for.

    Args:
        search: The user's options.
        config: The space as `HyperParameters.get_config()`.
        metrics: Names of the metrics that a trial reports.

    Raises:
        PreflightError: If options and model do not fit together.
        SearchSpaceError: If the space is empty or contradicts itself.
    """
    objective = objectives.resolve(search.objective or _DEFAULT_OBJECTIVE)
    objectives.check_available(objective, metrics)
    return _own_strategy(search, config, objective, search.max_trials)


def plan_stock(
    search: Search,
    tuner: Any,
    config: Mapping[str, Any],
    metrics: Sequence[str] | None,
) -> SearchPlan:
    """Plans a search with the tuner that a stock `tuner_fn` returned.

    Args:
        search: The user's options; what they leave open, the tuner decides.
        tuner: The KerasTuner tuner; gets the space.
        config: The space as `HyperParameters.get_config()`.
        metrics: Names of the metrics that a trial reports; None if unknown.

    Raises:
        PreflightError: If options and tuner contradict each other.
    """
    from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy

    tuner.oracle.hyperparameters = bridge.hyperparameters(config, {})
    own = OracleStrategy(tuner.oracle)
    objective = _agreed(search, own.objective)
    if metrics is not None and objective.name not in _KERAS_TUNER_OWN:
        objectives.check_available(objective, metrics)
    max_trials = search.max_trials or own.max_trials
    if search.strategy is not None:
        return _own_strategy(search, config, objective, max_trials, from_tuner=True)
    return SearchPlan(
        strategy=own,
        objective=objective,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures
        or own.max_consecutive_failures,
        space=_described(config),
        strategy_name=type(tuner.oracle).__name__,
        num_expected=max_trials,
    )


_KERAS_TUNER_OWN = ("default_objective", "multi_objective")


def _agreed(search: Search, theirs: Objective) -> Objective:
    if search.objective is None:
        known_to_keras_tuner = theirs.name in _KERAS_TUNER_OWN
        return theirs if known_to_keras_tuner else objectives.resolve(theirs)
    ours = objectives.resolve(search.objective)
    if ours != theirs:
        raise PreflightError(
            f"Search(objective=...) says {ours.name!r} ({ours.direction}), the tuner "
            f"that tuner_fn returns says {theirs.name!r} ({theirs.direction}). Leave "
            "one of them out, or make them equal."
        )
    return ours


def _own_strategy(
    search: Search,
    config: Mapping[str, Any],
    objective: Objective,
    max_trials: int | None,
    *,
    from_tuner: bool = False,
) -> SearchPlan:
    space = from_keras_tuner(config, drop_unreachable=from_tuner)
    space.check()
    name = search.strategy or _DEFAULT_STRATEGY

    def create(grown: SearchSpace) -> Strategy:
        return registry.create(name, grown, search.seed, search.strategy_options)

    strategy = create(space)
    num_expected = _num_expected(strategy, space, max_trials)
    if num_expected is None and search.max_seconds is None:
        raise PreflightError(
            f"The strategy {name!r} over a space with continuous hyperparameters "
            "never ends by itself. Set Search(max_trials=...) or "
            "Search(max_seconds=...)."
        )
    return SearchPlan(
        strategy=Growing(create, space),
        objective=objective,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures or _DEFAULT_FAILURES,
        space=_described(config),
        strategy_name=name,
        num_expected=num_expected,
    )


def _num_expected(
    strategy: Strategy, space: SearchSpace, max_trials: int | None
) -> int | None:
    size = getattr(strategy, "num_configurations", space.size())
    limits = [limit for limit in (size, max_trials) if limit is not None]
    return min(limits) if limits else None


def _described(config: Mapping[str, Any]) -> dict[str, str]:
    """Returns one line a hyperparameter, equal for equal spaces."""
    described: dict[str, list[str]] = {}
    for entry in config["space"]:
        details = {k: v for k, v in entry["config"].items() if k != "name"}
        text = f"{entry['class_name']} {json.dumps(details, sort_keys=True)}"
        described.setdefault(entry["config"]["name"], []).append(text)
    return {name: "; ".join(texts) for name, texts in described.items()}
