"""Proposals of a model that learns from trials with little training, too."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import comparable
from tuner_component.strategies.base import Action, Strategy, rng
from tuner_component.strategies.random import Random
from tuner_component.trial import Trial


class ModelBased:
    """Shows a strategy all trials as if they had been trained to the end.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        model: Proposes configurations.
        random_share: How many of them are random instead, 0 to 1.

    Reference:
        Falkner et al., 2018, BOHB: Robust and Efficient Hyperparameter Optimization
        at Scale, arXiv 1807.01774, for the share of random configurations.
    """

    def __init__(
        self, space: SearchSpace, seed: int, model: Strategy, random_share: float
    ) -> None:
        self._seed, self._model, self._share = seed, model, random_share
        self._random = Random(space, seed)

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns up to `count` configurations, random ones among them."""
        generator = rng(self._seed, len(history)).spawn(1)[0]
        if generator.random() < self._share:
            return self._random.propose(history, count)
        trained = comparable.completed(history)
        # Which makes their loss comparable, not each of several.
        alone = [dataclasses.replace(t, losses=()) if t.losses else t for t in trained]
        return self._model.propose(alone, count)
