"""Screening: many configurations get a cheap look, the best few the full training."""

from __future__ import annotations

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import audit, proposing, rung_options
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.strategies.options import check_flag
from tuner_component.strategies.plan import Plan
from tuner_component.strategies.synchronous import Synchronous

_SHARE = 8


class Screening(Synchronous):
    """Two rungs: the low fidelity chooses who is checked again at the full one.

    The winner has always had the full training. 64 configurations at 12 epochs and
    the best 8 of them at 200 take 2,368 epochs, if each begins anew.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        num_configurations: How many get the cheap look, >= 2. None: `max_trials`, or
            without it 64.
        num_checked: How many of them get the full training, >= 1. None: one in eight.
        min_resource: The low fidelity: an integer >= 1, or a share above 0.
        max_resource: The full training, > `min_resource`.
        resource: The kind of fidelity: `"epochs"`, `"examples_fraction"`, or one that
            the model code asks for.
        max_trials: Configurations at most, >= 1; those of the guard count.
        proposals: The strategy that chooses the configurations.
        random_share: How many are random where that strategy learns, 0 to 1. None: one
            in ten.
        guard: Whether a few more configurations are trained to the end first, so that a
            low fidelity which misleads is noticed: then all are.

    Attributes:
        plan: What will be spent.

    Raises:
        ValueError: If an option is out of its range.

    Reference:
        Zhou et al., 2020, EcoNAS: Finding Proxies for Economical Neural Architecture
        Search, arXiv 2001.01233; that proxies rank, and which.
    """

    def __init__(  # noqa: PLR0913 - one argument an option
        self,
        space: SearchSpace,
        seed: int,
        *,
        num_configurations: int | None = None,
        num_checked: int | None = None,
        min_resource: float = 1,
        max_resource: float = 81,
        resource: str = "epochs",
        max_trials: int | None = None,
        proposals: str = "random",
        random_share: float | None = None,
        guard: bool = True,
    ) -> None:
        name = "screening"
        rung_options.check(name, min_resource, max_resource, 2, resource)
        rung_options.check_limit(name, "max_trials", max_trials)
        rung_options.check_limit(name, "num_configurations", num_configurations, 2)
        rung_options.check_limit(name, "num_checked", num_checked)
        check_flag(name, "guard", guard)
        if min_resource >= max_resource:
            raise ValueError(
                f"The strategy {name!r} received min_resource={min_resource!r} and "
                f"max_resource={max_resource!r}; expected a low fidelity below the "
                "full training. Give a lower min_resource, or a higher max_resource: "
                "Search(epochs=...) where it is that of the search."
            )
        limit = proposing.num_configurations(space, max_trials)
        planned = audit.guarded(
            lambda number: _bracket(number, num_checked, min_resource, max_resource),
            num_configurations or max_trials or 64,
            limit,
            guard=guard,
        )
        audited = len(planned) > 1
        plan = Plan(planned, resource, max_resource, is_least=audited)
        inner = proposing.create(name, proposals, space, seed, random_share)
        super().__init__(plan, inner, audited=audited)


def _bracket(number: int, num_checked: int | None, low: float, full: float) -> Bracket:
    checked = min(num_checked or max(number // _SHARE, 1), number)
    return Bracket((Rung(number, low), Rung(checked, full)), max(number // checked, 2))
