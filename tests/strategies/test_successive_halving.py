from __future__ import annotations

from tests.contracts.fidelity_contract import FidelityContract, SynchronousContract
from tuner_component.strategies.successive_halving import SuccessiveHalving


class TestSuccessiveHalving(SynchronousContract):
    def create(self, space, seed):
        return SuccessiveHalving(space, seed, guard=False)

    def limited(self, space, seed, max_trials):
        return SuccessiveHalving(
            space, seed, max_resource=27, max_trials=max_trials, guard=False
        )


class TestGuarded(FidelityContract):
    def create(self, space, seed):
        return SuccessiveHalving(space, seed)

    def limited(self, space, seed, max_trials):
        return SuccessiveHalving(space, seed, max_resource=27, max_trials=max_trials)
