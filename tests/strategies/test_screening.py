from __future__ import annotations

import pytest

from tests.contracts.fidelity_contract import FidelityContract, SynchronousContract
from tests.contracts.strategy_contract import CONTINUOUS
from tuner_component.strategies.screening import Screening


class TestScreening(SynchronousContract):
    def create(self, space, seed):
        return Screening(space, seed, max_resource=27, guard=False)

    def limited(self, space, seed, max_trials):
        return Screening(
            space, seed, max_resource=27, max_trials=max_trials, guard=False
        )


class TestGuarded(FidelityContract):
    def create(self, space, seed):
        return Screening(space, seed, max_resource=27)

    def limited(self, space, seed, max_trials):
        return Screening(space, seed, max_resource=27, max_trials=max_trials)


def test_the_best_are_checked_at_the_full_fidelity():
    strategy = Screening(
        CONTINUOUS,
        0,
        num_configurations=64,
        num_checked=8,
        min_resource=12,
        max_resource=200,
        guard=False,
    )
    (bracket,) = strategy.plan.brackets
    rungs = [(rung.num_configurations, rung.resource) for rung in bracket.rungs]
    assert rungs == [(64, 12), (8, 200)]
    assert bracket.total_anew == 2_368


def test_the_low_fidelity_is_below_the_full_one():
    with pytest.raises(ValueError, match=r"min_resource=9 and max_resource=9"):
        Screening(CONTINUOUS, 0, min_resource=9, max_resource=9)
