from __future__ import annotations

import dataclasses

import pytest

from tuner_component.curve_stopping import CurveStopping
from tuner_component.evaluation import Job
from tuner_component.records import decode, encode
from tuner_component.trial import Measurement, StoppingRule

JOB = Job("0", {}, 0, 0, "", "val_accuracy", "max", stopping=StoppingRule(-0.9, 0.001))
FLAT = [0.3, 0.4, 0.45, 0.46, 0.46, 0.46, 0.46, 0.46, 0.46, 0.46]
RISING = [0.3, 0.5, 0.64, 0.74, 0.81, 0.86]


class Model:
    stop_training = False


def curve(scores):
    return [
        Measurement(epoch, {"val_accuracy": score})
        for epoch, score in enumerate(scores, 1)
    ]


def test_a_flat_curve_is_given_up_and_the_reason_says_why():
    reason = CurveStopping(JOB, 50).reason(curve(FLAT))
    assert reason.startswith(
        "after 10 of 50 epochs its chance to beat val_accuracy 0.9"
    )
    assert reason.endswith("less than 0.001")


@pytest.mark.parametrize(
    ("job", "full", "scores"),
    [
        (JOB, 50, RISING),
        (JOB, 50, FLAT[:3]),
        (JOB, 50, [*FLAT[:9], 0.95]),
        (JOB, 50, [*FLAT[:9], float("nan")]),
        (JOB, 50, []),
        (JOB, 10, FLAT),
        (JOB, None, FLAT),
        (dataclasses.replace(JOB, stopping=None), 50, FLAT),
        (dataclasses.replace(JOB, objective="val_auc"), 50, FLAT),
    ],
    ids=[
        "rises",
        "short",
        "beats it",
        "nan",
        "none",
        "end",
        "no end",
        "no rule",
        "else",
    ],
)
def test_others_go_on(job, full, scores):
    assert CurveStopping(job, full).reason(curve(scores)) == ""


def test_a_model_is_told_to_stop():
    model, stopping = Model(), CurveStopping(JOB, 50)
    assert stopping.stop(model, curve(RISING)) == ""
    assert not model.stop_training
    assert stopping.stop(model, curve(FLAT))
    assert model.stop_training


def test_a_training_that_ends_anyway_was_not_given_up():
    model = Model()
    model.stop_training = True
    assert CurveStopping(JOB, 50).stop(model, curve(FLAT)) == ""


def test_the_rule_travels_with_the_job():
    assert decode(Job, encode(JOB)) == JOB
