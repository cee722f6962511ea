"""Settles how a search is done: the user's code, the options and the defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.cross_validation import std_of
from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter import bridge
from tuner_component.search import Search
from tuner_component.search_space import Constraint
from tuner_component.step import cheaper, objectives
from tuner_component.step.search_plan import Effort, SearchPlan, described_space
from tuner_component.step.strategy_plan import plan_strategy
from tuner_component.strategies import registry
from tuner_component.trial import Objective

_DEFAULT_OBJECTIVE = "val_loss"
_FOLDS = (
    "A score is the mean over {num_folds} folds of the train split, each with a model "
    "of its own; best_model is trained on the whole split."
)


def check_options(search: Search) -> None:
    """Raises for options that no model can make right.

    Raises:
        ValueError: If strategy, its options, or the objective's direction is wrong,
            or a constraint cannot be read.
    """
    if search.strategy is not None or search.strategy_options:
        name = search.strategy or cheaper.DEFAULT_STRATEGY
        registry.check(name, search.strategy_options)
    for text in search.constraints:
        Constraint(text)
    if search.objective is not None:
        objectives.resolve_all(search.objective)
    cheaper.check_repeats(search)
    if isinstance(search.objective, list) and search.curve_stopping:
        raise ValueError(
            f"Search(curve_stopping={search.curve_stopping!r}) is given with several "
            "objectives, but a curve tells of one; expected a single objective. Leave "
            "curve_stopping out, or all objectives but one."
        )


def plan_build_model(
    search: Search,
    config: Mapping[str, Any],
    metrics: Sequence[str],
    fidelities: Mapping[str, float | None] = cheaper.EPOCHS_ONLY,
    num_folds: int | None = None,
) -> SearchPlan:
    """Plans a search over the hyperparameters that a `build_model` asks for.

    Args:
        search: The user's options.
        config: The space as `HyperParameters.get_config()`.
        metrics: Names of the metrics that a trial reports.
        fidelities: The kinds of fidelity that the model can be trained at, with the
            full amounts; None: `Search.epochs` says it.
        num_folds: Keras models that each trial trains; None: one, without folds.

    Raises:
        PreflightError: If options and model do not fit together.
        SearchSpaceError: If the space is empty or contradicts itself.
    """
    several = objectives.resolve_all(search.objective or _DEFAULT_OBJECTIVE)
    deviations = () if num_folds is None else tuple(map(std_of, metrics))
    objectives.check_first(several[0], deviations)
    for objective in several:
        objectives.check_available(objective, metrics)
    cheaper.check_fidelity(search, fidelities)
    if "epochs" not in fidelities:
        _check_no_inheritance(search, "the model is an estimator of scikit-learn")
    if num_folds is not None:
        _check_folds(search, num_folds)
    made = plan_strategy(search, config, several, search.max_trials, fidelities)
    if num_folds is None:
        return made
    text = _FOLDS.format(num_folds=num_folds)
    return dataclasses.replace(made, plan_text=f"{made.plan_text}\n{text}".strip())


def _check_folds(search: Search, num_folds: int) -> None:
    trains = f"cross_validation() makes each trial train {num_folds} models"
    if search.curve_stopping:
        raise PreflightError(
            f"Search(curve_stopping={search.curve_stopping!r}) stops a training by its "
            f"curve, but {trains}, and one fold's curve does not tell of their mean. "
            "Leave one of them out."
        )
    _check_no_inheritance(search, trains)


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
    from tuner_component.keras_tuner_adapter import oracle_strategy

    if search.test_split is not None:
        raise PreflightError(
            f"Search(test_split={search.test_split!r}) is given, but the tuner that "
            "tuner_fn returns trains and scores each trial itself; expected a module "
            "with build_model(hp). Leave test_split out."
        )
    tuner.oracle.hyperparameters = bridge.hyperparameters(config, {})
    own = oracle_strategy.OracleStrategy(tuner.oracle)
    several = _agreed(search, own.objective)
    for objective in several:
        if metrics is not None and objective.name not in _KERAS_TUNER_OWN:
            objectives.check_available(objective, metrics)
    max_trials = search.max_trials or own.max_trials
    if search.strategy is not None:
        _check_declared(search.strategy, config)
        _check_no_inheritance(search, "the tuner that tuner_fn returns trains")
        cheaper.check_fidelity(search, cheaper.EPOCHS_ONLY)
        return plan_strategy(search, config, several, max_trials, from_tuner=True)
    _check_unconstrained(search, type(tuner.oracle).__name__)
    oracle_strategy.check_names(tuner.oracle)
    return SearchPlan(
        strategy=own,
        objectives=several,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures
        or own.max_consecutive_failures,
        space=described_space(config),
        strategy_name=type(tuner.oracle).__name__,
        num_expected=max_trials,
        effort=Effort(max_trials),
    )


def _check_declared(strategy: str, config: Mapping[str, Any]) -> None:
    if not config["space"]:
        raise PreflightError(
            "The search space is empty: before its first trial the tuner that tuner_fn "
            "returns has no hyperparameters, and "
            f"Search(strategy={strategy!r}) proposes values for those that it has. "
            "Declare what run_trial asks for: hp = keras_tuner.HyperParameters(), "
            'hp.Float("x", 0.0, 1.0) and so on, and hyperparameters=hp for the oracle. '
            "Or leave the strategy out: the oracle then proposes."
        )


def _check_unconstrained(search: Search, oracle: str) -> None:
    for name in ("constraints", "initial_points", "repeats"):
        if getattr(search, name) not in ([], 1):
            raise PreflightError(
                f"Search({name}=...) is given, but the tuner's own {oracle} proposes "
                "the trials, and it cannot heed that. Name a strategy, for example "
                'Search(strategy="bayesian"), or leave it out.'
            )


_KERAS_TUNER_OWN = ("default_objective", "multi_objective")


def _agreed(search: Search, theirs: Objective) -> tuple[Objective, ...]:
    if search.objective is None:
        known_to_keras_tuner = theirs.name in _KERAS_TUNER_OWN
        return (theirs if known_to_keras_tuner else objectives.resolve(theirs),)
    if isinstance(search.objective, list):
        return _several(search)
    ours = objectives.resolve(search.objective)
    if (ours.name, ours.direction) != (theirs.name, theirs.direction):
        raise PreflightError(
            f"Search(objective=...) says {ours.name!r} ({ours.direction}), the tuner "
            f"that tuner_fn returns says {theirs.name!r} ({theirs.direction}). Leave "
            "one of them out, or make them equal."
        )
    return (ours,)


def _several(search: Search) -> tuple[Objective, ...]:
    if search.strategy is None:
        raise PreflightError(
            f"Search(objective={search.objective!r}) has several objectives, but the "
            "oracle of the tuner that tuner_fn returns knows one, or the sum of "
            'several. Name a strategy, Search(strategy="bayesian") say, or leave the '
            "objective to the tuner."
        )
    return objectives.resolve_all(search.objective or ())


def _check_no_inheritance(search: Search, why_not: str) -> None:
    name = search.strategy or cheaper.DEFAULT_STRATEGY
    if registry.inherits(name, search.strategy_options):
        raise PreflightError(
            f"The strategy {name!r} has inherit_weights=True, but {why_not}, and its "
            "weights cannot be passed on. Use a module with a build_model that returns "
            "Keras models, or leave the option out."
        )
