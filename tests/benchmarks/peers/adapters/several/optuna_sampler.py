"""Optuna's samplers, for several objectives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import optuna

from tests.benchmarks.peers.adapters.optuna_sampler import Adapter


class Several(Adapter):
    """Takes how many objectives there are where the other takes the trials."""

    def __init__(
        self,
        sampler: Callable[..., optuna.samplers.BaseSampler],
        space: list[dict[str, Any]],
        seed: int,
        num_objectives: int,
    ) -> None:
        super().__init__(sampler, space, seed, 0)
        self._study = optuna.create_study(
            sampler=sampler(seed=seed), directions=["minimize"] * num_objectives
        )
        self._study.enqueue_trial({p["name"]: p["default"] for p in space})

    def tell(self, number: int, loss: Sequence[float] | None) -> None:
        self._study.tell(self._trials.pop(number), loss)


Nsga2 = functools.partial(Several, optuna.samplers.NSGAIISampler)
Tpe = functools.partial(Several, optuna.samplers.TPESampler)
