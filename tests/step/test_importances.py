"""What a step says decided its objectives."""

from __future__ import annotations

import types

import keras_tuner
import numpy as np

from tuner_component.search_space import Float, SearchSpace
from tuner_component.step import importances
from tuner_component.trial import Objective, Trial, TrialState

LOSS, SIZE = Objective("val_loss", "min"), Objective("bytes", "min")


def reported(values):
    hp = keras_tuner.HyperParameters()
    hp.Float("a", 0.0, 1.0)
    hp.Float("b", 0.0, 1.0)
    return {"hyperparameters": {**hp.get_config(), "values": values}}


def study(objectives=(LOSS,), num_trials=30, report=reported):
    points = np.random.default_rng(0).random((num_trials, 2)).tolist()
    trials = [
        Trial(
            f"{number:04d}", number, {"a": a, "b": b}, 0, TrialState.COMPLETED,
            score=a, loss=a, losses=(a, b)[: len(objectives)],
            report=report({"a": a, "b": b}),
        )
        for number, (a, b) in enumerate(points)
    ]  # fmt: skip
    return types.SimpleNamespace(trials=trials, objectives=objectives)


def test_the_trials_tell_what_an_oracle_searched():
    found = importances.estimated(study(), None)
    assert found["val_loss"].shares["a"] > 0.95
    told = importances.summary(found)["importances"]["val_loss"]
    assert list(told) == ["shares", "interactions", "num_trials", "explained"]


def test_what_a_model_asked_for_later_counts_too():
    found = importances.estimated(study(), SearchSpace([Float("b", 0, 1)]))
    assert set(found["val_loss"].shares) == {"a", "b"}


def test_every_objective_has_its_own():
    found = importances.estimated(study((LOSS, SIZE)), None)
    decisive = {name: next(iter(each.shares)) for name, each in found.items()}
    assert decisive == {"val_loss": "a", "bytes": "b"}


def test_few_trials_tell_nothing():
    found = importances.estimated(study(num_trials=5), None)
    assert found == importances.summary(found) == {}


def test_hyperparameters_of_an_unknown_class_are_no_reason_to_fail():
    def own_class(values):
        entry = {"class_name": "Mine", "config": {"name": "a", "conditions": []}}
        return {"hyperparameters": {"space": [entry], "values": values}}

    assert importances.estimated(study(report=own_class), None) == {}
