"""Repeats are scored on examples that decide nothing."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tests.keras_trials.trials import builder_of, code_of, job_in, run
from tuner_component.data import Split
from tuner_component.evaluation import evaluate
from tuner_component.keras_trials.cross_validated import CrossValidatedEvaluation
from tuner_component.trial import REPEAT_OF


@pytest.fixture
def held_out():
    x = np.random.default_rng(1).normal(size=(37, 3)).astype("float32")
    label = (x[:, :1] > 0).astype("int64")
    return Split(None, {"x": x, "unused": x, "__label__": label})


def scored_on(code, held_out):
    return dataclasses.replace(code, test=held_out)


def again(job):
    return dataclasses.replace(job, note={REPEAT_OF: "0007"})


class Batches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("by", ["graphs", "fit", "tf_keras"])
def test_the_best_epoch_of_a_repeat_is_scored(data, held_out, tmp_path, by):
    made = []
    library = pytest.importorskip("tf_keras") if by == "tf_keras" else keras

    def build(hp):
        made.append(builder_of(library)(hp))
        return made[-1]

    calls = {"callbacks": [Batches()]} if by == "fit" else {}
    code = code_of(data, build, lambda hp: calls, epochs=4)
    code = scored_on(code, held_out)
    outcome = run(code, again(job_in(tmp_path, rate=0.3)))
    assert outcome.error is None, outcome.error
    scores = outcome.report["test"]
    assert set(scores) == {"test_loss", "test_accuracy"}
    best = made[-1]
    best.load_weights(tmp_path / "best.weights.h5")
    found = best.predict({"x": held_out.arrays["x"]}, verbose=0) > 0.5
    accuracy = (found == (held_out.arrays["__label__"] > 0)).mean()
    assert scores["test_accuracy"] == pytest.approx(accuracy)


def test_it_changes_nothing_of_the_trial(data, held_out, tmp_path):
    plain = run(code_of(data), again(job_in(tmp_path / "a")))
    scored = run(scored_on(code_of(data), held_out), again(job_in(tmp_path / "b")))
    assert plain.metrics == scored.metrics
    assert "test" not in plain.report


def test_a_trial_that_is_no_repeat_does_not_see_it(data, held_out, tmp_path):
    assert (
        "test" not in run(scored_on(code_of(data), held_out), job_in(tmp_path)).report
    )


def test_a_training_that_came_to_nothing_is_not_scored(data, held_out, tmp_path):
    def build(hp):
        model = builder_of(keras)(hp)
        model.compile(keras.optimizers.SGD(1e30), "mse")
        return model

    job = job_in(tmp_path, objective="val_loss", direction="min")
    assert (
        "test" not in run(scored_on(code_of(data, build), held_out), again(job)).report
    )


def test_the_models_of_all_folds_are_scored(data, held_out, tmp_path):
    code = dataclasses.replace(code_of(data), cross_validation=lambda: {"cv": 3})
    evaluator = CrossValidatedEvaluation(scored_on(code, held_out))
    report = evaluate(evaluator, again(job_in(tmp_path)), print).report["test"]
    assert report["test_loss_std"] > 0
    assert 0 <= report["test_accuracy"] <= 1
