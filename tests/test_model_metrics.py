from __future__ import annotations

import keras
import pytest

from tuner_component import model_metrics
from tuner_component.evaluation import Evaluation, Job
from tuner_component.trial import Measurement

_DONE = Evaluation(
    {"val_loss": 0.5}, (Measurement(1, {}, 2.0), Measurement(2, {}, 5.5))
)


def _job(*further):
    return Job("0", {}, 0, 0, "", "val_loss", "min", further_objectives=further)


def _model():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


def test_size_and_time_of_the_training_are_added():
    found = model_metrics.added(_DONE, _job(*model_metrics.NAMES), _model)
    assert dict(found.metrics) == {
        "val_loss": 0.5,
        "model_bytes": 64.0,
        "num_parameters": 16.0,
        "train_seconds": 5.5,
    }
    assert found.measurements == _DONE.measurements


@pytest.mark.parametrize("further", [(), ("val_accuracy",)])
def test_nobody_who_did_not_ask_gets_them(further):
    def never():
        raise AssertionError("The model is not needed.")

    assert model_metrics.added(_DONE, _job(*further), never) is _DONE
