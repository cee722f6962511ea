"""ASHA: successive halving that never waits for a rung."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import brackets, proposing, rung_options, rungs
from tuner_component.strategies.asynchronous import Asynchronous, Ladder
from tuner_component.strategies.base import Action
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.strategies.plan import Plan
from tuner_component.trial import Trial, TrialState


class Asha:
    """Promotes the best of a rung as soon as enough trials ended there.

    A trial goes on while it is among the best `1 / reduction_factor` of its rung; if
    there is none, a new configuration starts in the lowest one. So no worker is ever
    idle, at the price of promotions that later results would not have confirmed.

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
        max_trials: Configurations at most, >= 1; None for no limit.
        proposals: The strategy that chooses the configurations.
        random_share: How many are random where that strategy learns, 0 to 1. None: one
            in ten.

    Attributes:
        plan: What will be spent at least; None without an end.
        num_configurations: How many will start; None without an end.
        num_rungs: How often one may stop, the end included.

    Raises:
        ValueError: If an option is out of its range.

    Reference:
        Li et al., 2020, A System for Massively Parallel Hyperparameter Tuning, arXiv
        1810.05934, Algorithm 2.
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
        max_trials: int | None = None,
        proposals: str = "random",
        random_share: float | None = None,
    ) -> None:
        rung_options.check(
            "asha", min_resource, max_resource, reduction_factor, resource
        )
        rung_options.check_limit("asha", "max_trials", max_trials)
        self._factor = reduction_factor
        number = brackets.num_rungs(min_resource, max_resource, reduction_factor)
        steps = brackets.resources(number, max_resource, reduction_factor)
        self._ladder = Ladder(resource, steps)
        self.num_configurations = proposing.num_configurations(space, max_trials)
        inner = proposing.create("asha", proposals, space, seed, random_share)
        self.num_rungs = len(self._ladder.steps)
        self._schedule = Asynchronous(
            self._ladder, self._deserving, inner, self.num_configurations
        )

    @property
    def plan(self) -> Plan | None:
        """What will be spent at least; None without an end."""
        number = self.num_configurations
        if number is None:
            return None
        bracket = tuple(
            Rung(max(number // self._factor**index, 1), step)
            for index, step in enumerate(self._ladder.steps)
        )
        return Plan(
            (Bracket(bracket, self._factor),),
            self._ladder.resource,
            self._ladder.steps[-1],
            is_least=True,
        )

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns promotions and new configurations."""
        return self._schedule.propose(history, count)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials that may still be promoted."""
        paused = {t.trial_id for t in history if t.state is TrialState.PAUSED}
        if self.num_configurations is None:
            return paused
        most = max(self.num_configurations // self._factor, 1)
        best = {
            trial.trial_id
            for step in self._ladder.steps[:-1]
            for _, trial in rungs.ended_at(history, step)[:most]
        }
        return paused & best

    def _deserving(
        self, members: Sequence[Trial], here: float, above: float
    ) -> Sequence[Trial]:
        ended = rungs.ended_at(members, here)
        best = ended[: len(ended) // self._factor]
        return [trial for _, trial in best if rungs.can_go_on(trial, above)]
