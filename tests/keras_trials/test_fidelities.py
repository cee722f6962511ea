"""Trials at less than the full fidelity: of the examples, or of the model."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tests.keras_trials.trials import builder_of, code_of, job_in
from tuner_component import fidelity
from tuner_component.data import Split
from tuner_component.errors import PreflightError
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import evaluating, exploring, fidelities
from tuner_component.trial import Fidelity, StoppingRule

SIZES = []


def run(code, job):
    return evaluate(evaluating.make_evaluator(code), job, lambda _: None)


def at(job, kind, value, most):
    return dataclasses.replace(job, fidelity=Fidelity(kind, value, most))


def rows_of(split):
    """The examples of a split, each as a tuple of its features."""
    batches = [features["x"].numpy() for features, _ in split.batches(7)]
    return {tuple(row) for row in np.concatenate(batches)}


def image_model(hp):
    size = fidelity("resolution", 8)
    SIZES.append(size)
    inputs = keras.Input((64,), name="x")
    image = keras.layers.Reshape((8, 8, 1))(inputs)
    image = keras.layers.AveragePooling2D(8 // size)(image)
    hidden = keras.layers.Flatten()(keras.layers.Conv2D(2, 1)(image))
    model = keras.Model({"x": inputs}, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(40, 64)).astype("float32")
    return Split(None, {"x": x, "__label__": (x.sum(1, keepdims=True) > 0).astype(int)})


def test_parts_are_nested_and_have_both_classes(data):
    parts = fidelities.Parts(data, 0)
    job = job_in("")
    rows = [
        rows_of(parts.of(at(job, "examples_fraction", f, 1.0))) for f in (0.1, 0.5, 1.0)
    ]
    assert [len(part) for part in rows] == [6, 30, 60]
    assert rows[0] < rows[1] < rows[2]
    part = parts.of(at(job, "examples_fraction", 0.1, 1.0))
    assert set(part.label.ravel()) == {0, 1}
    assert parts.of(at(job, "examples_fraction", 0.1, 1.0)) is part
    other = fidelities.Parts(data, 1).of(at(job, "examples_fraction", 0.5, 1.0))
    assert rows_of(other) != rows[1]


def test_a_full_fraction_is_the_plain_training(data, tmp_path):
    plain = run(code_of(data), job_in(tmp_path / "a"))
    full = run(code_of(data), at(job_in(tmp_path / "b"), "examples_fraction", 1.0, 1.0))
    half = run(code_of(data), at(job_in(tmp_path / "c"), "examples_fraction", 0.5, 1.0))
    assert full.metrics == plain.metrics != half.metrics
    assert len(half.measurements) == 2


def test_a_part_of_the_examples_takes_a_part_of_the_steps(data, tmp_path):
    steps = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            steps.append(batch)

    code = code_of(
        data, fit_args=lambda hp: {"callbacks": [Count()]}, steps_per_epoch=8
    )
    run(code, at(job_in(tmp_path), "examples_fraction", 0.25, 1.0))
    assert len(steps) == 2 * 2


def test_streamed_examples_have_no_part(data):
    streamed = dataclasses.replace(data, arrays=None)
    job = at(job_in(""), "examples_fraction", 0.5, 1.0)
    with pytest.raises(Exception, match=r"0.5 of the examples.*read as a stream"):
        fidelities.Parts(streamed, 0).of(job)


def test_the_model_is_built_and_exported_as_its_fidelity_says(images, tmp_path):
    code, job = code_of(images, image_model), job_in(tmp_path / "a")
    SIZES.clear()
    low = run(code, at(job, "resolution", 2, 8))
    assert low.error is None, low.error
    assert set(SIZES) == {2}
    target = str(tmp_path / "saved")
    exported = Job(**{**vars(at(job, "resolution", 2, 8)), "note": {"export": target}})
    assert run(code, exported).error is None
    assert run(code, at(job, "resolution", 8, 8)).metrics != low.metrics
    assert SIZES[-1] == 8


def test_exploring_finds_what_the_model_asks_for(images, data):
    report = exploring.explore(code_of(images, image_model)).report
    known = {"epochs": None, "examples_fraction": 1.0}
    assert report["fidelities"] == {**known, "resolution": 8}
    assert exploring.explore(code_of(data)).report["fidelities"] == known


def test_a_resolution_needs_images(data):
    def build(hp):
        fidelity("resolution", 8)
        return builder_of(keras)(hp)

    with pytest.raises(PreflightError, match=r"no layer with images.*\(None, 3\)"):
        exploring.explore(code_of(data, build))


def test_the_stopping_rule_holds_for_the_full_fidelity_only():
    job = dataclasses.replace(job_in(""), stopping=StoppingRule(0.0, 0.1))
    low, full = at(job, "width", 0.5, 1.0), at(job, "width", 1.0, 1.0)
    assert fidelities.plain(low).stopping is None
    assert fidelities.plain(full).stopping == job.stopping
