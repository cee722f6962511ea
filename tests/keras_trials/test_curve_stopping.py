"""Keras trainings that are given up, by our own loop and by a stock tuner's."""

from __future__ import annotations

import dataclasses

import pytest

from tests.keras_trials.trials import code_of, job_in, run
from tests.keras_tuner_adapter import stock_tuners
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import evaluating, weights_file
from tuner_component.keras_trials.together import KerasEvaluation
from tuner_component.keras_tuner_adapter.stock_evaluation import make_evaluator
from tuner_component.training import width
from tuner_component.trial import Fidelity, StoppingRule

OUT_OF_REACH = StoppingRule(-50.0, 0.3)
EASY = StoppingRule(0.0, 0.3)


def test_a_hopeless_training_ends_with_the_score_that_it_had(data, tmp_path):
    code = code_of(data, epochs=20)
    whole = run(code, job_in(tmp_path / "whole"))
    job = dataclasses.replace(job_in(tmp_path / "cut"), stopping=OUT_OF_REACH)
    cut = run(code, job)
    number = len(cut.measurements)
    assert 4 <= number < 20
    assert f"after {number} of 20 epochs" in cut.stopped
    metrics = [dict(m.metrics) for m in whole.measurements[:number]]
    assert [dict(m.metrics) for m in cut.measurements] == metrics
    assert cut.metrics["val_accuracy"] == max(m["val_accuracy"] for m in metrics)
    assert (tmp_path / "cut" / weights_file.NAME).exists()


def test_what_beats_the_incumbent_goes_on(data, tmp_path):
    job = dataclasses.replace(job_in(tmp_path), stopping=EASY)
    outcome = run(code_of(data, epochs=6), job)
    assert (len(outcome.measurements), outcome.stopped) == (6, "")


def test_trials_that_train_together_are_given_up_one_by_one(
    data, tmp_path, monkeypatch
):
    # Whether that is faster is nothing that a test may depend on.
    monkeypatch.setattr(width, "_seconds", lambda *_: 1.0)
    rules = (OUT_OF_REACH, None)
    jobs = [
        dataclasses.replace(
            job_in(tmp_path / str(number), seed=number),
            trial_id=str(number),
            stopping=rule,
        )
        for number, rule in enumerate(rules)
    ]
    code = code_of(data, epochs=12)
    ended = KerasEvaluation(code, least_steps=0).together(
        jobs, lambda job, measured: None
    )
    found = {job.trial_id: end() for job, end in ended}
    assert len(found) == 2
    assert len(found["0"].measurements) < 12
    assert found["0"].stopped
    assert (len(found["1"].measurements), found["1"].stopped) == (12, "")


def test_it_ends_within_a_rung_and_again_in_the_next_attempt(data, tmp_path):
    rung = Fidelity("epochs", 12, 24)
    job = dataclasses.replace(job_in(tmp_path), fidelity=rung, stopping=OUT_OF_REACH)
    first, again = (
        run(code_of(data), job),
        evaluate(
            lambda j, report: evaluating.train(code_of(data), j, report),
            job,
            lambda _: None,
        ),
    )
    assert len(first.measurements) < 12
    assert "of 24 epochs" in first.stopped
    assert again.stopped == first.stopped
    assert again.measurements == first.measurements


@pytest.mark.parametrize("fidelity", [None, Fidelity("epochs", 10, 30)])
def test_a_stock_tuners_training_ends_too(tmp_path, monkeypatch, fidelity):
    monkeypatch.chdir(tmp_path)
    kwargs = stock_tuners.fit_kwargs
    monkeypatch.setattr(
        stock_tuners, "fit_kwargs", lambda **more: kwargs(**{**more, "epochs": 30})
    )
    values = {"units": 4, "rate": 1e-6}
    job = Job("0000", values, 3, 0, str(tmp_path / "a"), "val_loss", "min")
    job = dataclasses.replace(job, fidelity=fidelity, stopping=OUT_OF_REACH)
    (tmp_path / "a").mkdir()
    module = "tests.keras_tuner_adapter.stock_tuners:load"
    evaluator = make_evaluator(module, {"name": "random_search"})
    outcome = evaluate(evaluator, job, lambda _: None)
    assert outcome.error is None, outcome.error
    assert 4 <= len(outcome.measurements) < 10
    assert "of 30 epochs" in outcome.stopped
