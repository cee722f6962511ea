from __future__ import annotations

from tests.contracts.fidelity_contract import FidelityContract
from tuner_component.strategies.asha import Asha


class TestAsha(FidelityContract):
    def create(self, space, seed):
        return Asha(space, seed)

    def limited(self, space, seed, max_trials):
        return Asha(space, seed, max_resource=27, max_trials=max_trials)
