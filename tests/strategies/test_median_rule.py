from __future__ import annotations

from tests.contracts.fidelity_contract import FidelityContract
from tuner_component.strategies.median_rule import MedianRule


class TestMedianRule(FidelityContract):
    def create(self, space, seed):
        return MedianRule(space, seed)

    def limited(self, space, seed, max_trials):
        return MedianRule(space, seed, max_resource=27, max_trials=max_trials)
