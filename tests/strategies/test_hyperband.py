from __future__ import annotations

from tests.contracts.fidelity_contract import FidelityContract, SynchronousContract
from tuner_component.strategies.hyperband import Hyperband


class TestHyperband(SynchronousContract):
    def create(self, space, seed):
        return Hyperband(space, seed, guard=False)

    def limited(self, space, seed, max_trials):
        return Hyperband(
            space, seed, max_resource=27, max_trials=max_trials, guard=False
        )


class TestGuarded(FidelityContract):
    def create(self, space, seed):
        return Hyperband(space, seed)

    def limited(self, space, seed, max_trials):
        return Hyperband(space, seed, max_resource=27, max_trials=max_trials)
