"""Plans a search with a strategy of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search import Search
from tuner_component.search_space import SearchSpace
from tuner_component.step import cheaper
from tuner_component.step.search_plan import Effort, SearchPlan, described_space
from tuner_component.strategies import registry, starting_points
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.plan import Planned
from tuner_component.strategies.prior_studies import PriorStudy
from tuner_component.strategies.repeated import Repeated, reserve
from tuner_component.strategies.scalarised import Scalarised
from tuner_component.strategies.starting_points import StartingPoints
from tuner_component.trial import Objective

_DEFAULT_FAILURES = 3


def plan_strategy(
    search: Search,
    config: Mapping[str, Any],
    several: tuple[Objective, ...],
    max_trials: int | None,
    fidelities: Mapping[str, float | None] = cheaper.EPOCHS_ONLY,
    *,
    from_tuner: bool = False,
) -> SearchPlan:
    """Plans a search with a strategy of ours.

    Args:
        search: The user's options.
        config: The space as `HyperParameters.get_config()`.
        several: The metrics that decide.
        max_trials: Trials at most, or None.
        fidelities: The kinds of fidelity that the model can be trained at, with the
            full amounts.
        from_tuner: Whether the space is a tuner's, which may hold what no model asks
            for.

    Raises:
        PreflightError: If the search has no end, or no room for its repeats.
        SearchSpaceError: If the space is empty or contradicts itself.
    """
    space = from_keras_tuner(
        config, drop_unreachable=from_tuner, constraints=search.constraints
    )
    space.check()
    points = starting_points.completed(space, search.initial_points)
    num_fresh = _num_fresh(search, max_trials)
    _check_room(space, points, num_fresh)
    name = search.strategy or cheaper.DEFAULT_STRATEGY
    options = _options(search, name, num_fresh, fidelities)

    def create(grown: SearchSpace, prior: Sequence[PriorStudy] = ()) -> Strategy:
        made = registry.create(name, grown, search.seed, options, prior)
        count = len(several)
        made = made if count == 1 else Scalarised(made, count, search.seed)
        made = StartingPoints(made, grown, points) if points else made
        once = search.repeats == 1
        return made if once else Repeated(made, search.repeats, max_trials)

    strategy = registry.create(name, space, search.seed, options)
    num_expected = _num_expected(strategy, space, max_trials)
    _check_end(search, name, num_expected)
    return SearchPlan(
        strategy=Growing(create, space),
        objectives=several,
        max_trials=max_trials,
        max_consecutive_failures=search.max_consecutive_failures or _DEFAULT_FAILURES,
        space=described_space(config, search.constraints),
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


def _options(
    search: Search,
    name: str,
    max_trials: int | None,
    fidelities: Mapping[str, float | None],
) -> dict[str, Any]:
    """Returns the strategy's options: the user's, and what the search says of them."""
    given = {**cheaper.full_training(search, fidelities), "max_trials": max_trials}
    accepted = registry.options(name)
    options = {key: value for key, value in given.items() if key in accepted}
    return {**options, **search.strategy_options}


def _check_end(search: Search, name: str, num_expected: int | None) -> None:
    if num_expected is None and search.max_seconds is None:
        raise PreflightError(
            f"The strategy {name!r} over a space with continuous hyperparameters "
            "never ends by itself. Set Search(max_trials=...) or "
            "Search(max_seconds=...)."
        )


def _num_fresh(search: Search, max_trials: int | None) -> int | None:
    """Returns how many trials there are besides the repeats; None: any number."""
    repeats = reserve(search.repeats)
    if max_trials is not None and max_trials <= repeats:
        raise PreflightError(
            f"Search(repeats={search.repeats}) takes up to {repeats} trials of "
            f"max_trials={max_trials}; expected more, so that something is found that "
            "can be repeated. Raise max_trials, or lower repeats."
        )
    return None if max_trials is None else max_trials - repeats


def _check_room(
    space: SearchSpace, points: Sequence[Mapping[str, Any]], limit: int | None
) -> None:
    number = len({space.key(values) for values in (space.defaults(), *points)})
    if limit is not None and number > limit:
        raise PreflightError(
            f"Search(initial_points=...) holds {len(points)} points, with the defaults "
            f"{number} configurations, which come first; expected at most {limit}, the "
            "trials that there are. Raise max_trials, or leave points out."
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
        return Effort(plan.num_jobs, plan.num_rungs, learns)
    num_rungs = getattr(strategy, "num_rungs", 1)
    return Effort(num_expected and num_expected * num_rungs, num_rungs, learns)


def _plan_text(strategy: Strategy) -> str:
    plan = strategy.plan if isinstance(strategy, Planned) else None
    return plan.text if plan else ""


def _total_resource(strategy: Strategy) -> float | None:
    plan = strategy.plan if isinstance(strategy, Planned) else None
    return plan.total_resource if plan else None
