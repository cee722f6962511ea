"""Several objectives for a strategy that knows one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.pareto.dominance import distances
from tuner_component.strategies import rungs
from tuner_component.strategies.base import (
    Action,
    Promote,
    Strategy,
    Suggest,
    kept,
    rng,
)
from tuner_component.trial import Trial, TrialState

Array = npt.NDArray[np.float64]


class Scalarised:
    """Shows a strategy one loss in place of several, another one for each proposal.

    That loss is the distance from the best values of all objectives, which count by
    weights that are drawn anew for every evaluation. So the proposals go to all parts
    of the Pareto front, and a strategy stays a pure function of the history. Results
    at a rung are compared with those at the same rung only, so that promotions too
    are made in all directions. The trials keep their `losses`, for a strategy that
    knows several.

    Args:
        strategy: What proposes, for one objective.
        num_objectives: Length of every trial's `losses`, >= 2.
        seed: Fixes the weights, >= 0.

    Reference:
        Knowles, 2006, ParEGO: A Hybrid Algorithm With On-Line Landscape Approximation
        for Expensive Multiobjective Optimization Problems, IEEE Transactions on
        Evolutionary Computation 10(1).
    """

    def __init__(self, strategy: Strategy, num_objectives: int, seed: int) -> None:
        self._strategy = strategy
        self._num_objectives = num_objectives
        self._seed = seed

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what the strategy proposes, each for weights of its own."""
        trials = list(history)
        actions: list[Action] = []
        while len(actions) < count:
            proposed = self._strategy.propose(self._scalarised(trials), 1)
            actions += proposed
            if not all(isinstance(each, Suggest | Promote) for each in proposed):
                break
            for action in proposed:
                trials = rungs.after(trials, action)
        return actions

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials that the strategy needs.

        With other weights, another of the paused ones may be promoted: all are.
        """
        paused = {t.trial_id for t in history if t.state is TrialState.PAUSED}
        return paused | set(kept(self._strategy, self._scalarised(history)))

    def _scalarised(self, trials: Sequence[Trial]) -> list[Trial]:
        number = sum(map(_num_evaluations, trials))
        # Uniform over all weights that sum to 1.
        weights = rng(self._seed, number).dirichlet(np.ones(self._num_objectives))
        losses = _distances([t.losses for t in trials if t.loss is not None], weights)
        at_rungs = _at_rungs(trials, weights)
        return [
            dataclasses.replace(
                trial,
                loss=losses[trial.losses] if trial.loss is not None else None,
                rungs=tuple(
                    dataclasses.replace(
                        result, loss=at_rungs[result.resource][result.losses]
                    )
                    for result in trial.rungs
                ),
            )
            for trial in trials
        ]


def _at_rungs(
    trials: Sequence[Trial], weights: Array
) -> dict[float, dict[tuple[float, ...], float]]:
    ended: dict[float, list[tuple[float, ...]]] = {}
    for trial in trials:
        for result in trial.rungs:
            ended.setdefault(result.resource, []).append(result.losses)
    return {resource: _distances(losses, weights) for resource, losses in ended.items()}


def _distances(
    losses: Sequence[tuple[float, ...]], weights: Array
) -> dict[tuple[float, ...], float]:
    """Returns the loss that stands for each tuple of losses."""
    if not losses:
        return {}
    away = distances(np.array(losses), weights)
    return dict(zip(losses, map(float, away), strict=True))


def _num_evaluations(trial: Trial) -> int:
    """Returns how many evaluations of the trial have begun."""
    return max(len(trial.rungs) + (not trial.state.has_score), 1)
