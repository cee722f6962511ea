"""Successive halving: many start, and after every rung only the best go on."""

from __future__ import annotations

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import audit, brackets, proposing, rung_options
from tuner_component.strategies.options import check_flag
from tuner_component.strategies.plan import Plan
from tuner_component.strategies.synchronous import Synchronous


class SuccessiveHalving(Synchronous):
    """One bracket: the worst of every rung drop out until one configuration is left.

    64 configurations with `reduction_factor=2`, `min_resource=100` and
    `max_resource=3200` train 100 iterations each; the better half goes on for another
    100, the better half of those for another 200, and so on: 22,400 iterations
    instead of 204,800.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        num_configurations: How many start, >= 2. None: `max_trials`, or without it as
            many as end with one in the highest rung that resources allow.
        min_resource: What the lowest rung gives at least: an integer >= 1, or a share
            above 0.
        max_resource: What the highest rung gives, >= `min_resource`; a share is at most
            1.
        reduction_factor: One in so many goes on from a rung, >= 2.
        resource: The kind of fidelity: `"epochs"`, `"examples_fraction"`, or one that
            the model code asks for.
        max_trials: Configurations at most, >= 1; those of the guard count.
        proposals: The strategy that chooses the configurations.
        random_share: How many are random where that strategy learns, 0 to 1. None: one
            in ten.
        guard: Whether a few more configurations are trained to the end first, so that
            rungs which mislead are noticed. They then drop nobody: more configurations
            go on, all of them if need be.

    Attributes:
        plan: What will be spent.

    Raises:
        ValueError: If an option is out of its range.

    Reference:
        Jamieson and Talwalkar, 2016, Non-stochastic Best Arm Identification and
        Hyperparameter Optimization, arXiv 1502.07943.
    """

    def __init__(  # noqa: PLR0913 - one argument an option
        self,
        space: SearchSpace,
        seed: int,
        *,
        num_configurations: int | None = None,
        min_resource: float = 1,
        max_resource: float = 81,
        reduction_factor: int = 2,
        resource: str = "epochs",
        max_trials: int | None = None,
        proposals: str = "random",
        random_share: float | None = None,
        guard: bool = True,
    ) -> None:
        name = "successive_halving"
        rung_options.check(name, min_resource, max_resource, reduction_factor, resource)
        rung_options.check_limit(name, "max_trials", max_trials)
        rung_options.check_limit(name, "num_configurations", num_configurations, 2)
        if num_configurations is None:
            steps = brackets.num_rungs(min_resource, max_resource, reduction_factor)
            num_configurations = max_trials or reduction_factor**steps
        check_flag(name, "guard", guard)
        limit = proposing.num_configurations(space, max_trials)
        planned = audit.guarded(
            lambda number: brackets.successive_halving(
                number, min_resource, max_resource, reduction_factor
            ),
            num_configurations,
            limit,
            guard=guard,
        )
        audited = len(planned) > 1
        plan = Plan(planned, resource, max_resource, is_least=audited)
        inner = proposing.create(name, proposals, space, seed, random_share)
        super().__init__(plan, inner, audited=audited)
