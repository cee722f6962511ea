from __future__ import annotations

import dataclasses
import math

import keras
import numpy as np
import pytest

from tests.keras_trials.trials import builder_of, code_of, job_in, run
from tuner_component import model_metrics
from tuner_component.data import Split
from tuner_component.evaluation import Job
from tuner_component.keras_trials import exploring, exporting, weights_file
from tuner_component.trial import Reason

_SIZES = []


@pytest.fixture(autouse=True)
def _sizes():
    _SIZES.clear()


def test_a_trial_is_scored_by_its_best_epoch(data, tmp_path):
    outcome = run(code_of(data, epochs=4), job_in(tmp_path))
    assert outcome.error is None
    assert [m.resource for m in outcome.measurements] == [1, 2, 3, 4]
    best = max(m.metrics["val_accuracy"] for m in outcome.measurements)
    assert outcome.metrics["val_accuracy"] == best
    assert set(outcome.metrics) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert outcome.report["hyperparameters"]["values"]["units"] == 8
    assert (tmp_path / weights_file.NAME).exists()


@pytest.mark.parametrize(("loss", "is_left"), [(-1.01, False), (0.0, True)])
def test_weights_that_nobody_needs_are_not_written(data, tmp_path, loss, is_left):
    job = dataclasses.replace(job_in(tmp_path), loss_to_keep=loss)
    outcome = run(code_of(data), job)
    assert outcome.error is None
    assert (tmp_path / weights_file.NAME).exists() == is_left


def test_the_same_seed_gives_the_same_scores_whatever_ran_before(data, tmp_path):
    code = code_of(data)
    first = run(code, job_in(tmp_path))
    run(code, job_in(tmp_path, seed=4, units=3))
    again = run(code, job_in(tmp_path))
    assert dict(again.metrics) == dict(first.metrics)
    assert dict(run(code, job_in(tmp_path, seed=5)).metrics) != dict(first.metrics)


@pytest.mark.parametrize("by", ["graphs", "fit"])
def test_features_are_matched_by_name_whatever_else_the_data_hold(data, tmp_path, by):
    """Keras 3 would take the second input from the feature between the two."""
    columns = {**data.arrays, "z": data.arrays["x"], "y": np.full((60, 3), np.nan)}

    def build_model(hp):
        inputs = {name: keras.Input((3,), name=name) for name in ("x", "z")}
        joined = keras.layers.Concatenate()(list(inputs.values()))
        model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(joined))
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return model

    callbacks = {"fit": {"callbacks": [_Sizes()]}, "graphs": {}}
    code = code_of(Split(None, columns), build_model, lambda hp: callbacks[by])
    outcome = run(code, job_in(tmp_path))
    assert outcome.error is None
    assert math.isfinite(outcome.metrics["val_loss"])
    assert bool(_SIZES) == (by == "fit")


class _Sizes(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        _SIZES[-1] += 1

    def on_epoch_begin(self, epoch, logs=None):
        _SIZES.append(0)


@pytest.mark.parametrize(("batch_size", "steps"), [(16, 4), (32, 2)])
def test_the_batch_size_is_a_hyperparameter(data, tmp_path, batch_size, steps):
    code = code_of(data, fit_args=lambda hp: {"callbacks": [_Sizes()]})
    run(code, job_in(tmp_path, batch_size=batch_size))
    assert [steps, steps] == _SIZES


def test_fit_args_win_over_defaults(data, tmp_path):
    code = code_of(data, fit_args=lambda hp: {"epochs": hp.get("units")})
    assert len(run(code, job_in(tmp_path, units=3)).measurements) == 3


def test_steps_per_epoch_are_honoured(data, tmp_path):
    code = code_of(
        data, fit_args=lambda hp: {"callbacks": [_Sizes()]}, steps_per_epoch=7
    )
    run(code, job_in(tmp_path))
    assert _SIZES == [7, 7]


def test_a_training_that_ends_in_nan_has_failed(data, tmp_path):
    def build(hp):
        model = builder_of(keras)(hp)
        model.compile(keras.optimizers.SGD(1e30), "mse")
        return model

    job = job_in(tmp_path, objective="val_loss", direction="min")
    outcome = run(code_of(data, build), job)
    assert outcome.error.reason is Reason.NON_FINITE
    assert not math.isfinite(outcome.metrics["val_loss"])


def test_a_model_that_is_not_compiled_is_explained(data, tmp_path):
    outcome = run(code_of(data, lambda hp: keras.Sequential()), job_in(tmp_path))
    assert outcome.error.reason is Reason.USER_ERROR
    assert "expected a compiled Keras model" in outcome.error.message


def test_exploring_finds_space_and_metrics(data):
    report = exploring.explore(code_of(data)).report
    names = [entry["config"]["name"] for entry in report["space"]["space"]]
    assert sorted(names) == ["batch_size", "rate", "units"]
    reported = {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert set(report["metrics"]) == {*reported, *model_metrics.NAMES}


def test_a_tf_keras_model_trains_too(data, tmp_path):
    tf_keras = pytest.importorskip("tf_keras")
    outcome = run(code_of(data, builder_of(tf_keras)), job_in(tmp_path))
    assert outcome.error is None
    assert len(outcome.measurements) == 2


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_the_best_weights_are_exported(data, tmp_path, library):
    import tensorflow as tf

    code = code_of(data, builder_of(pytest.importorskip(library)))
    job = job_in(tmp_path)
    outcome = run(code, job)
    target = str(tmp_path / "saved")
    exporting.export(code, Job(**{**vars(job), "note": {"export": target}}))
    served = tf.saved_model.load(target)
    features, label = next(iter(data.batches(60)))
    scores = served.serve(features if library == "keras" else features["x"]).numpy()
    accuracy = float(((scores > 0.5) == (label.numpy() > 0)).mean())
    assert accuracy == pytest.approx(outcome.metrics["val_accuracy"])
