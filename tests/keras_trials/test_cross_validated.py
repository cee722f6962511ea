"""Keras trials that are scored by cross-validation."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.keras_trials.trials import builder_of, code_of, job_in
from tuner_component.cross_validation import CrossValidation
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import evaluating, folds
from tuner_component.keras_trials.cross_validated import CrossValidatedEvaluation
from tuner_component.trial import Fidelity, Reason

EPOCHS = []


class Count(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        EPOCHS.append(epoch)


class StopsInThirdFold(keras.callbacks.Callback):
    made = 0

    def __init__(self):
        super().__init__()
        type(self).made += 1
        self.number = type(self).made

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = self.number % 3 == 0


@pytest.fixture(autouse=True)
def _nothing_counted():
    EPOCHS.clear()


def folded(data, cv=3, seed=0, **more):
    code = code_of(data, **more)
    return dataclasses.replace(code, cross_validation=lambda: {"cv": cv}, seed=seed)


def run(code, job):
    seen = []
    outcome = evaluate(CrossValidatedEvaluation(code), job, seen.append)
    assert tuple(seen) == outcome.measurements
    return outcome


def at(job, epochs, most):
    return dataclasses.replace(job, fidelity=Fidelity("epochs", epochs, most))


def by_hand(data, tmp_path, number, **more):
    """Trains one fold on copies of its examples."""
    fold = folds.make(data, CrossValidation(3), 0)[number]
    train, validation = (
        dataclasses.replace(
            data, arrays={n: np.array(a)[part.rows] for n, a in data.arrays.items()}
        )
        for part in fold
    )
    seed = np.random.SeedSequence([3, number]).generate_state(1)[0]
    job = job_in(tmp_path, seed=int(seed) if number else 3)
    code = code_of(train, **more)
    code = dataclasses.replace(code, validation=validation)
    return evaluate(
        lambda j, report: evaluating.train(code, j, report), job, lambda _: None
    )


@pytest.mark.parametrize("by", ["graphs", "fit", "tf_keras"])
def test_the_score_is_the_mean_of_a_training_on_each_fold(data, tmp_path, by):
    library = pytest.importorskip("tf_keras") if by == "tf_keras" else keras
    calls = {"callbacks": [Batches()]} if by == "fit" else {}
    more = {"build": builder_of(library), "fit_args": lambda hp: calls}
    outcome = run(folded(data, **more), job_in(tmp_path))
    assert outcome.error is None, outcome.error
    expected = [by_hand(data, tmp_path / "x", n, **more).metrics for n in range(3)]
    for found, wanted in zip(outcome.report["folds"], expected, strict=True):
        assert found == pytest.approx(dict(wanted), rel=1e-5)
    scores = [fold["val_accuracy"] for fold in outcome.report["folds"]]
    assert outcome.metrics["val_accuracy"] == pytest.approx(np.mean(scores))
    assert outcome.metrics["val_accuracy_std"] == pytest.approx(np.std(scores))
    assert len({fold["loss"] for fold in outcome.report["folds"]}) == 3


class Batches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


def test_two_workers_score_a_trial_alike_whatever_ran_before(data, tmp_path):
    one, other = (CrossValidatedEvaluation(folded(data)) for _ in range(2))
    job = job_in(tmp_path / "a")
    first = evaluate(one, job, print)
    evaluate(other, job_in(tmp_path / "b", seed=9, units=3), print)
    again = evaluate(other, job, print)
    assert first.metrics == again.metrics
    assert run(folded(data, seed=1), job).metrics != first.metrics


def test_each_fold_stops_by_itself_and_the_curve_is_the_mean(data, tmp_path):
    stops = {"fit_args": lambda hp: {"callbacks": [StopsInThirdFold(), Count()]}}
    StopsInThirdFold.made = 0
    outcome = run(folded(data, epochs=4, **stops), job_in(tmp_path))
    assert EPOCHS == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    assert [m.resource for m in outcome.measurements] == [1, 2, 3, 4]
    whole = run(folded(data, epochs=4), job_in(tmp_path / "b"))
    stopped, full = (
        [m.metrics["loss"] for m in o.measurements] for o in (outcome, whole)
    )
    assert stopped[0] == full[0]
    assert stopped[3] > full[3]


def test_each_fold_goes_on_from_its_own_rung(data, tmp_path):
    code = folded(data, fit_args=lambda hp: {"callbacks": [Count()]})
    paused, whole = job_in(tmp_path / "a"), job_in(tmp_path / "b")
    low = run(code, at(paused, 2, 5))
    assert len(EPOCHS) == 3 * 2
    high = run(code, at(paused, 5, 5))
    assert len(EPOCHS) == 3 * 5
    never_paused = run(code, at(whole, 5, 5))
    assert len(low.measurements) == 2
    assert dict(high.metrics) == pytest.approx(dict(never_paused.metrics), rel=1e-5)
    curves = [
        [m.metrics["val_loss"] for m in outcome.measurements]
        for outcome in (high, never_paused)
    ]
    assert curves[0] == pytest.approx(curves[1], rel=1e-5)


def test_a_rung_of_examples_is_a_part_of_each_fold(data, tmp_path):
    steps = []

    class Sizes(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            steps.append(batch)

    code = folded(data, fit_args=lambda hp: {"callbacks": [Sizes()], "epochs": 1})
    job = job_in(tmp_path, batch_size=4)
    half = Fidelity("examples_fraction", 0.5, 1.0)
    assert run(code, dataclasses.replace(job, fidelity=half)).error is None
    assert len(steps) == 3 * 5  # Half of 40 examples, four in a batch.


def test_a_fold_is_scored_as_a_whole(data, tmp_path):
    short, long = (
        run(folded(data, validation_steps=steps), job_in(tmp_path)).metrics
        for steps in (1, None)
    )
    assert short == long


def test_a_fold_that_ends_in_nan_fails_the_trial(data, tmp_path):
    def build(hp):
        model = builder_of(keras)(hp)
        model.compile(keras.optimizers.SGD(1e30), "mse")
        return model

    job = job_in(tmp_path, objective="val_loss", direction="min")
    assert run(folded(data, build=build), job).error.reason is Reason.NON_FINITE


def test_nothing_but_rungs_leaves_files(data, tmp_path):
    run(folded(data), job_in(tmp_path / "a"))
    assert not list((tmp_path / "a").rglob("*"))
    run(folded(data), at(job_in(tmp_path / "b"), 1, 3))
    kept = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {"training_state.npz"}
    assert len(kept) == 3


def test_exploring_tells_of_deviations_and_folds(data):
    report = run(folded(data), job_in("", objective="explored", direction="max"))
    assert report.error is not None  # A trial reports no such metric.
    job = Job(**{**vars(job_in("")), "note": {"explore": True}})
    explored = CrossValidatedEvaluation(folded(data))(job, print).report
    assert {"val_accuracy", "val_accuracy_std", "model_bytes"} <= set(
        explored["metrics"]
    )
    assert "model_bytes_std" not in explored["metrics"]
    assert explored["num_folds"] == 3


def test_the_exported_model_is_trained_on_all_examples(data, tmp_path):
    import tensorflow as tf

    code, target = folded(data), tmp_path / "saved"
    job = Job(**{**vars(job_in(tmp_path)), "note": {"export": str(target)}})
    CrossValidatedEvaluation(code)(job, print)
    plain = evaluate(
        lambda j, report: evaluating.train(code, j, report),
        job_in(tmp_path / "plain"),
        lambda _: None,
    )
    told = json.loads((Path(target) / "model.json").read_text())["metrics"]
    assert told["eval_accuracy"] == pytest.approx(plain.metrics["val_accuracy"])
    served = tf.saved_model.load(str(target))
    features, label = next(iter(data.batches(60)))
    scores = served.serve(features).numpy()
    accuracy = float(((scores > 0.5) == (label.numpy() > 0)).mean())
    assert accuracy == pytest.approx(told["eval_accuracy"])


def test_a_best_configuration_that_diverges_on_all_examples_is_not_exported(
    data, tmp_path
):
    def build(hp):
        model = builder_of(keras)(hp)
        model.compile(keras.optimizers.SGD(1e30), "mse")
        return model

    job = job_in(tmp_path, objective="val_loss", direction="min")
    job = Job(**{**vars(job), "note": {"export": str(tmp_path / "saved")}})
    error = run(folded(data, build=build), job).error
    assert "Trained on the whole train split" in error.message
