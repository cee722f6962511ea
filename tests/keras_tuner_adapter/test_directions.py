from __future__ import annotations

import keras_tuner
import pytest
from keras_tuner.src.engine import metrics_tracking, oracle

from tuner_component.keras_tuner_adapter import directions

NAMES = ["loss", "val_auc", "val_accuracy", "mean_squared_error", "f1", "my_own", "acc"]
OBJECTIVES = [
    keras_tuner.Objective("my_own", "max"),
    keras_tuner.Objective("val_auc", "min"),
    oracle.obj_module.create_objective(
        [keras_tuner.Objective("f1", "max"), keras_tuner.Objective("loss", "min")]
    ),
]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_they_are_those_that_keras_tuner_finds(objective):
    theirs, ours = metrics_tracking.MetricsTracker(), metrics_tracking.MetricsTracker()
    for name in NAMES:
        own = oracle._maybe_infer_direction_from_objective(objective, name)
        theirs.register(name, direction=own)
    directions.register(ours, objective, NAMES)
    found = {name: history.direction for name, history in ours.metrics.items()}
    assert found == {name: each.direction for name, each in theirs.metrics.items()}


def test_what_is_known_stays():
    tracker = metrics_tracking.MetricsTracker()
    tracker.register("loss", "max")
    tracker.update("loss", 3.0)
    directions.register(tracker, OBJECTIVES[0], ["loss"])
    assert tracker.get_best_value("loss") == 3.0
    assert tracker.metrics["loss"].direction == "max"


def test_an_oracle_has_no_metric_made_twice(monkeypatch):
    made, infer = [], metrics_tracking.infer_metric_direction

    def noted(name):
        made.append(name)
        return infer(name)

    monkeypatch.setattr(metrics_tracking, "infer_metric_direction", noted)
    directions._direction.cache_clear()
    own = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("loss", "min"), 9
    )
    own.update_trial = directions.registering(own)
    for trial_id in ("0", "1"):
        trial = keras_tuner.engine.trial.Trial(own.get_space(), trial_id)
        own.trials[trial_id], own._save_trial = trial, lambda _: None
        own.update_trial(trial_id, {"loss": 1.0, "val_auc": 0.5}, step=2)
        assert trial.metrics.get_statistics("val_auc")["mean"] == 0.5
        assert trial.metrics.metrics["val_auc"].direction == "max"
    assert made == ["val_auc"]
