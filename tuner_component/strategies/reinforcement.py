"""Reinforcement learning: a controller is rewarded for what it proposed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Container, Sequence

import numpy as np

from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Action, Suggest, rng
from tuner_component.strategies.controller import Controller, Policy, rank_reward
from tuner_component.strategies.options import check_integer, check_number
from tuner_component.strategies.random import Random
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Trial, TrialState, Value

_MAX_DRAWS = 100
_MAX_FORBIDDEN_IN_A_ROW = 20
_NUM_COMPARED = 50
"""A trial's reward is its rank among so many before it."""


@dataclasses.dataclass(frozen=True)
class _Lesson:
    key: str
    loss: float


class Reinforcement:
    """REINFORCE with one softmax for each parameter.

    The first trial has the defaults. The reward of a trial is the share of the
    trials shortly before it that it beats, so that neither the scale of the losses
    nor a few huge ones matter; a configuration that failed beats none. Trials teach
    in the order of their numbers, also those that other strategies proposed.

    Nothing is tried twice: a draw that was tried is drawn again from a policy that
    gets flatter, and so it is after several draws that are not allowed; in the end
    any untried configuration is taken.

    Args:
        space: What can be tried.
        seed: Fixes the draws, >= 0.
        learning_rate: Step along the gradient for a reward one standard deviation above
            the baseline, >= 0.
        entropy_weight: How much the policy is kept from settling, >= 0.
        baseline_decay: Share of the baseline that a new reward leaves, 0 to 1.
        num_parts: Parts of the sampling scale of a number between which the controller
            chooses, >= 2.

    Raises:
        ValueError: If a value is not allowed.

    Reference:
        Ying et al., 2019, NAS-Bench-101, arXiv 1902.09635, Appendix S2 (REINFORCE
        with independent multinomials); Zoph and Le, 2017, arXiv 1611.01578,
        Section 3.2 (baseline).
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        *,
        learning_rate: float = 0.2,
        entropy_weight: float = 0.1,
        baseline_decay: float = 0.9,
        num_parts: int = 10,
    ) -> None:
        check_number("reinforcement", "learning_rate", learning_rate, 0.0)
        check_number("reinforcement", "entropy_weight", entropy_weight, 0.0)
        check_number("reinforcement", "baseline_decay", baseline_decay, 0.0, 1.0)
        check_integer("reinforcement", "num_parts", num_parts, 2)
        self._space = space
        self._seed = seed
        self._controller = Controller(
            space, num_parts, learning_rate, entropy_weight, baseline_decay
        )
        self._random = Random(space, seed)
        self._tried = Tried(space)
        self._lessons: list[_Lesson] = []
        self._policies = [self._controller.start()]

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns untried configurations; `Done` when none is left."""
        policy = self._policy(history)

        def following(trials: Sequence[Trial], tried: Container[str]) -> Action:
            return self._next(trials, tried, policy)

        return self._tried.one_by_one(history, count, following)

    def _next(
        self, trials: Sequence[Trial], tried: Container[str], policy: Policy
    ) -> Action:
        generator = rng(self._seed, len(trials))
        for attempt in range(_MAX_DRAWS if trials else 0):
            sharpness = 1.0 - attempt / _MAX_DRAWS
            values = self._drawn(policy, sharpness, generator)
            if values is not None and self._tried.key(values) not in tried:
                return Suggest(values)
        return self._random.propose(trials, 1)[0]

    def _drawn(
        self, policy: Policy, sharpness: float, generator: np.random.Generator
    ) -> dict[str, Value] | None:
        for _ in range(_MAX_FORBIDDEN_IN_A_ROW):
            values = self._controller.draw(policy, sharpness, generator)
            if self._space.allows(values):
                return values
        return None

    def _policy(self, trials: Sequence[Trial]) -> Policy:
        """Returns what the trials teach; only what is new is worked out."""
        taught = [
            (trial, _Lesson(self._tried.key(trial.values), loss))
            for trial in trials
            for loss in [_loss(trial)]
            if loss is not None
        ]
        lessons = [lesson for _, lesson in taught]
        known = _num_common(self._lessons, lessons)
        del self._policies[known + 1 :]
        for index in range(known, len(lessons)):
            self._policies.append(self._taught(taught[index][0], lessons, index))
        self._lessons = lessons
        return self._policies[-1]

    def _taught(self, trial: Trial, lessons: Sequence[_Lesson], index: int) -> Policy:
        before = lessons[max(index - _NUM_COMPARED, 0) : index]
        if not before:
            return self._policies[-1]
        reward = rank_reward(lessons[index].loss, sorted(each.loss for each in before))
        values = self._space.complete(trial.values)
        return self._controller.learn(self._policies[-1], values, reward)


def _loss(trial: Trial) -> float | None:
    """Returns the loss to learn from; infinite where the configuration failed."""
    if trial.loss is not None or trial.state is TrialState.PENDING:
        return trial.loss
    lost = trial.error is not None and trial.error.is_infrastructure
    return None if lost else math.inf


def _num_common(one: Sequence[_Lesson], other: Sequence[_Lesson]) -> int:
    """Returns how many lessons two sequences begin with in common."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))
