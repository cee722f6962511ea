"""Hyperband: brackets that start many configurations small, or few large."""

from __future__ import annotations

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import audit, brackets, proposing, rung_options
from tuner_component.strategies.iterations import Iterations
from tuner_component.strategies.options import check_flag
from tuner_component.strategies.plan import Plan
from tuner_component.strategies.synchronous import Synchronous


class Hyperband(Synchronous):
    """Successive halving in several brackets, each with fewer rungs than the last.

    The first bracket trusts the lowest rung most, the last one trains every
    configuration to the end. Where workers are free, later brackets start early.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        min_resource: What the lowest rung gives at least: an integer >= 1, or a share
            above 0.
        max_resource: What the highest rung gives, >= `min_resource`; a share is at most
            1.
        reduction_factor: One in so many goes on from a rung, >= 2.
        resource: The kind of fidelity: `"epochs"`, `"examples_fraction"`, or one that
            the model code asks for.
        iterations: How often all brackets are run, >= 1. None: as often as `max_trials`
            allows, or once without it.
        max_trials: Configurations at most, >= 1; the last bracket is cut to fit.
        proposals: The strategy that chooses the configurations.
        random_share: How many are random where that strategy learns, 0 to 1. None: one
            in ten.
        guard: Whether a few more configurations are trained to the end first, so that
            rungs which mislead are noticed. Where one does, the first bracket drops
            nobody there; later ones trust their rungs less anyway.

    Attributes:
        plan: What will be spent.

    Raises:
        ValueError: If an option is out of its range.

    Reference:
        Li et al., 2018, Hyperband: A Novel Bandit-Based Approach to Hyperparameter
        Optimization, arXiv 1603.06560, Algorithm 1; with `proposals="bayesian"`
        like Falkner et al., 2018, BOHB, arXiv 1807.01774.
    """

    def __init__(  # noqa: PLR0913 - one argument an option
        self,
        space: SearchSpace,
        seed: int,
        *,
        min_resource: float = 1,
        max_resource: float = 81,
        reduction_factor: int = 3,
        resource: str = "epochs",
        iterations: int | None = None,
        max_trials: int | None = None,
        proposals: str = "random",
        random_share: float | None = None,
        guard: bool = True,
    ) -> None:
        rung_options.check(
            "hyperband", min_resource, max_resource, reduction_factor, resource
        )
        rung_options.check_limit("hyperband", "iterations", iterations)
        rung_options.check_limit("hyperband", "max_trials", max_trials)
        check_flag("hyperband", "guard", guard)
        limit = proposing.num_configurations(space, max_trials)
        one = brackets.hyperband(min_resource, max_resource, reduction_factor)
        inner = proposing.create("hyperband", proposals, space, seed, random_share)
        audited = guard and audit.is_worth_it(one[0], limit)
        if audited and limit is not None:
            limit -= audit.NUM_AUDITED
        first = (audit.of(one[0]),) if audited else ()
        every = Iterations(first, one, iterations, limit)
        plan = Plan(every, resource, max_resource, is_least=audited)
        super().__init__(plan, inner, audited=audited)
