"""Settles how a search is done: the user's code, the options and the defaults."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter import bridge
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search import Search
from tuner_component.search_space import Constraint, SearchSpace
from tuner_component.step import cheaper, objectives
from tuner_component.strategies import registry, starting_points
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.brackets import Planned
from tuner_component.strategies.prior_studies import PriorStudy
from tuner_component.strategies.repeated import Repeated, reserve
from tuner_component.strategies.scalarised import Scalarised
from tuner_component.strategies.starting_points import StartingPoints
from tuner_component.trial import Objective

_DEFAULT_OBJECTIVE = "val_loss"
_DEFAULT_FAILURES = 3


@dataclasses.dataclass(frozen=True)
class Effort:
    """What a search comes to.

    Attributes:
        num_jobs: Evaluations at most, each rung of a trial counted; None: no end.
        num_rungs: How often a trial is evaluated at most.
        learns: Whether what is proposed, or when it is given up, depends on how
            earlier trials did, so that few should be proposed at once.
    """

    num_jobs: int | None
    num_rungs: int = 1
    learns: bool = True


@dataclasses.dataclass(frozen=True)
class SearchPlan:
    """Everything the study needs, whoever decided it.

    Attributes:
        strategy: What proposes trials.
        objectives: The metrics and their directions.
        max_trials: Trials at most, or None.
        max_consecutive_failures: Failures in a row that end the search.
        space: Hyperparameter name to a description, for the fingerprint.
        strategy_name: For the fingerprint and the user.
        num_expected: How many trials there will be, or None if nobody knows.
        effort: How many evaluations there will be at most.
        plan_text: What the strategy will spend, for people; empty where it has no
            plan.
        total_resource: What its plan comes to; None without one.
        search_space: What is known of the space before the first trial; None: the
            tuner's own oracle proposes.
        create: Makes the strategy for a space and earlier studies; None likewise.
    """

    strategy: Strategy
    objectives: tuple[Objective, ...]
    max_trials: int | None
    max_consecutive_failures: int
    space: Mapping[str, str]
    strategy_name: str
    num_expected: int | None
    effort: Effort = dataclasses.field(default_factory=lambda: Effort(None))
    plan_text: str = ""
    total_resource: float | None = None
    search_space: SearchSpace | None = None
    create: Callable[[SearchSpace, Sequence[PriorStudy]], Strategy] | None = None

    @property
    def objective(self) -> Objective:
        """The first objective."""
        return self.objectives[0]


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
) -> SearchPlan:
    """Plans a search over the hyperparameters that a `build_model` asks for.

    Args:
        search: The user's options.
        config: The space as `HyperParameters.get_config()`.
        metrics: Names of the metrics that a trial reports.
        fidelities: The kinds of fidelity that the model can be trained at, with the
            full amounts; None: `Search.epochs` says it.

    Raises:
        PreflightError: If options and model do not fit together.
        SearchSpaceError: If the space is empty or contradicts itself.
    """
    several = objectives.resolve_all(search.objective or _DEFAULT_OBJECTIVE)
    objectives.check_first(several[0])
    for objective in several:
        objectives.check_available(objective, metrics)
    cheaper.check_fidelity(search, fidelities)
    if "epochs" not in fidelities:
        _check_no_inheritance(search, "the model is an estimator of scikit-learn")
    return _own_strategy(search, config, several, search.max_trials, fidelities)


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
    several = _agreed(search, own.objective)
    for objective in several:
        if metrics is not None and objective.name not in _KERAS_TUNER_OWN:
            objectives.check_available(objective, metrics)
    max_trials = search.max_trials or own.max_trials
    if search.strategy is not None:
        _check_no_inheritance(search, "the tuner that tuner_fn returns trains")
        cheaper.check_fidelity(search, cheaper.EPOCHS_ONLY)
        return _own_strategy(search, config, several, max_trials, from_tuner=True)
    _check_unconstrained(search, type(tuner.oracle).__name__)
    return SearchPlan(
        strategy=own,
        objectives=several,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures
        or own.max_consecutive_failures,
        space=_described(config),
        strategy_name=type(tuner.oracle).__name__,
        num_expected=max_trials,
        effort=Effort(max_trials),
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


def _own_strategy(
    search: Search,
    config: Mapping[str, Any],
    several: tuple[Objective, ...],
    max_trials: int | None,
    fidelities: Mapping[str, float | None] = cheaper.EPOCHS_ONLY,
    *,
    from_tuner: bool = False,
) -> SearchPlan:
    space = from_keras_tuner(
        config, drop_unreachable=from_tuner, constraints=search.constraints
    )
    space.check()
    points = starting_points.completed(space, search.initial_points)
    name = search.strategy or cheaper.DEFAULT_STRATEGY

    repeats = reserve(search.repeats)
    if max_trials is not None and max_trials <= repeats:
        raise PreflightError(
            f"Search(repeats={search.repeats}) takes up to {repeats} trials of "
            f"max_trials={max_trials}; expected more, so that something is found that "
            "can be repeated. Raise max_trials, or lower repeats."
        )
    fresh = None if max_trials is None else max_trials - repeats
    given = {**cheaper.full_training(search, fidelities), "max_trials": fresh}
    accepted = registry.options(name)
    options = {key: value for key, value in given.items() if key in accepted}
    options |= search.strategy_options

    def create(grown: SearchSpace, prior: Sequence[PriorStudy] = ()) -> Strategy:
        made = registry.create(name, grown, search.seed, options, prior)
        count = len(several)
        made = made if count == 1 else Scalarised(made, count, search.seed)
        made = StartingPoints(made, grown, points) if points else made
        once = search.repeats == 1
        return made if once else Repeated(made, search.repeats, max_trials)

    strategy = registry.create(name, space, search.seed, options)
    num_expected = _num_expected(strategy, space, max_trials)
    if num_expected is None and search.max_seconds is None:
        raise PreflightError(
            f"The strategy {name!r} over a space with continuous hyperparameters "
            "never ends by itself. Set Search(max_trials=...) or "
            "Search(max_seconds=...)."
        )
    return SearchPlan(
        strategy=Growing(create, space),
        objectives=several,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures or _DEFAULT_FAILURES,
        space=_described(config, search.constraints),
        strategy_name=name,
        num_expected=num_expected,
        effort=_effort(
            strategy,
            num_expected,
            registry.learns(name, options) or bool(search.curve_stopping),
        ),
        plan_text=_plan_text(strategy),
        total_resource=_total_resource(strategy),
        search_space=space,
        create=create,
    )


def _check_no_inheritance(search: Search, why_not: str) -> None:
    name = search.strategy or cheaper.DEFAULT_STRATEGY
    if registry.inherits(name, search.strategy_options):
        raise PreflightError(
            f"The strategy {name!r} has inherit_weights=True, but {why_not}, and its "
            "weights cannot be passed on. Use a module with a build_model that returns "
            "Keras models, or leave the option out."
        )


def _num_expected(
    strategy: Strategy, space: SearchSpace, max_trials: int | None
) -> int | None:
    size = getattr(strategy, "num_configurations", space.size())
    limits = [limit for limit in (size, max_trials) if limit is not None]
    return min(limits) if limits else None


def _effort(strategy: Strategy, num_expected: int | None, learns: bool) -> Effort:  # noqa: FBT001 - one of three facts
    plan = strategy.plan if isinstance(strategy, Planned) else None
    if plan:
        rungs = [bracket.rungs for bracket in plan.brackets]
        num_jobs = sum(rung.num_configurations for each in rungs for rung in each)
        return Effort(num_jobs, max(map(len, rungs)), learns)
    num_rungs = getattr(strategy, "num_rungs", 1)
    return Effort(num_expected and num_expected * num_rungs, num_rungs, learns)


def _plan_text(strategy: Strategy) -> str:
    plan = strategy.plan if isinstance(strategy, Planned) else None
    return plan.text if plan else ""


def _total_resource(strategy: Strategy) -> float | None:
    plan = strategy.plan if isinstance(strategy, Planned) else None
    return plan.total_resource if plan else None


def _described(
    config: Mapping[str, Any], constraints: Sequence[str] = ()
) -> dict[str, str]:
    """Returns one line a hyperparameter or constraint, equal for equal spaces."""
    described: dict[str, list[str]] = {}
    for entry in config["space"]:
        details = {k: v for k, v in entry["config"].items() if k != "name"}
        text = f"{entry['class_name']} {json.dumps(details, sort_keys=True)}"
        described.setdefault(entry["config"]["name"], []).append(text)
    lines = {name: "; ".join(texts) for name, texts in described.items()}
    return {**lines, **{f"constraint {text}": "holds" for text in constraints}}
