"""Screening: many configurations get a cheap look, the best few the full training."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import audit, proposing, rung_options
from tuner_component.strategies.base import Action
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.strategies.options import check_flag
from tuner_component.strategies.plan import Plan
from tuner_component.strategies.synchronous import Synchronous
from tuner_component.trial import Trial

_SHARE = 8


class Screening:
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
        number = num_configurations or max_trials or 64
        limit = proposing.num_configurations(space, max_trials)
        whole = _bracket(number, num_checked, min_resource, max_resource)
        audited = guard and audit.is_worth_it(whole, limit)
        if limit is not None:
            number = min(number, limit - (audit.NUM_AUDITED if audited else 0))
        bracket = _bracket(number, num_checked, min_resource, max_resource)
        first = (audit.of(bracket),) if audited else ()
        self.plan = Plan((*first, bracket), resource, max_resource, is_least=audited)
        inner = proposing.create(name, proposals, space, seed, random_share)
        self._schedule = Synchronous(self.plan, inner, audited=audited)

    @property
    def num_configurations(self) -> int:
        """How many configurations are planned."""
        return self.plan.num_configurations

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns new configurations, then promotions; `Done` when all are checked."""
        return self._schedule.propose(history, count)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials that may still be promoted."""
        return self._schedule.keeps(history)


def _bracket(number: int, num_checked: int | None, low: float, full: float) -> Bracket:
    checked = min(num_checked or max(number // _SHARE, 1), number)
    return Bracket((Rung(number, low), Rung(checked, full)), max(number // checked, 2))
