"""Oracles of KerasTuner and one of a user, over a small space."""

import dataclasses
import json

import keras_tuner
import pytest

from tests.keras_tuner_adapter.ask_and_tell import completed
from tuner_component.trial import Reason, TrialError, TrialState

ORACLES = {
    "random": lambda **kw: keras_tuner.oracles.RandomSearchOracle(max_trials=9, **kw),
    "grid": lambda **kw: keras_tuner.oracles.GridSearchOracle(**kw),
    "bayesian": lambda **kw: keras_tuner.oracles.BayesianOptimizationOracle(
        max_trials=9, num_initial_points=3, **kw
    ),
    "hyperband": lambda **kw: keras_tuner.oracles.HyperbandOracle(max_epochs=9, **kw),
}
STOCK = pytest.mark.parametrize("kind", ORACLES)


def small_space():
    hp = keras_tuner.HyperParameters()
    hp.Choice("a", [1, 2, 3, 4])
    hp.Choice("b", ["x", "y", "z", "w"])
    return hp


def oracle(kind, **changes):
    arguments = {
        "objective": keras_tuner.Objective("val_loss", "min"),
        "hyperparameters": small_space(),
        "seed": 7,
    }
    return ORACLES[kind](**(arguments | changes))


def answer(trial):
    values = trial.values
    cost = abs(values["a"] - 2.2) + 0.3 * "xyzw".index(values["b"])
    return completed(trial, cost + 0.1 / values.get("tuner/epochs", 1))


def failed(trial, state=TrialState.FAILED):
    error = TrialError(Reason.USER_ERROR, "ValueError: no")
    return dataclasses.replace(trial, state=state, error=error)


def active_values(history):
    return {json.dumps(dict(trial.values), sort_keys=True) for trial in history}


class Counting(keras_tuner.Oracle):
    """A user's oracle with state of its own and a limit that it reads."""

    def __init__(self, hyperparameters):
        objective = keras_tuner.Objective("val_loss", "min")
        super().__init__(objective, 50, hyperparameters=hyperparameters, seed=1)
        self.count = 0

    def populate_space(self, trial_id):
        assert self.max_trials == 50
        self.count += 1
        if self.count > 8:
            raise RuntimeError("the count is over")
        return {"status": "RUNNING", "values": {"a": self.count % 4 + 1, "b": "x"}}

    def get_state(self):
        return {**super().get_state(), "count": self.count}

    def set_state(self, state):
        super().set_state(state)
        self.count = state["count"]
