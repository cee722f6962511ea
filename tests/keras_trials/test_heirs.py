"""Trials of a `build_model` that begin with the weights of another."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

from tuner_component.data import Split  # noqa: E402
from tuner_component.evaluation import Job, evaluate  # noqa: E402
from tuner_component.keras_trials import evaluating, heirs, training_state  # noqa: E402
from tuner_component.trial import Inheritance  # noqa: E402

PARENT = {"units": 8, "layers": 1, "rate": 0.05}
STILL = 1e-9
NOBODY = Inheritance()


def code(library=keras, *, batches=False):
    def build_model(hp):
        inputs = library.layers.Input((3,), name="x")
        x = inputs
        for _ in range(hp.Int("layers", 1, 3)):
            x = library.layers.Dense(hp.Int("units", 1, 16), "relu")(x)
            x = library.layers.Dropout(0.1)(x)
        outputs = library.layers.Dense(1, activation="sigmoid")(x)
        model = library.Model({"x": inputs}, outputs)
        rate = hp.Float("rate", 1e-10, 1.0, sampling="log")
        model.compile(library.optimizers.Adam(rate), "binary_crossentropy")
        return model

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("int64")
    data = Split(None, {"x": x, "__label__": y})
    callbacks = [keras.callbacks.LambdaCallback()] if batches else []
    return evaluating.ModelCode(
        build_model,
        (lambda hp: {"callbacks": callbacks}) if batches else (lambda hp: {}),
        data,
        data,
        {"epochs": 3, "batch_size": 16},
    )


def run(made, folder, number, values, inheritance=NOBODY, parent_folder=""):
    job = Job(
        f"{number:04d}", values, 7 + number, 0, str(folder / f"{number}"), "val_loss",
        "min", inheritance=inheritance, parent_folder=parent_folder,
    )  # fmt: skip
    outcome = evaluate(
        lambda job, report: evaluating.train(made, job, report),
        job,
        lambda measurement: None,
    )
    assert outcome.error is None, outcome.error
    return outcome


def family(made, folder, values):
    parent = run(made, folder, 0, PARENT)
    inheritance = Inheritance("0000")
    return parent, run(made, folder, 1, values, inheritance, str(folder / "0"))


@pytest.mark.parametrize("change", [{}, {"units": 12}, {"layers": 2}, {"units": 16, "layers": 3}])  # fmt: skip
def test_a_child_begins_where_its_parent_was_best(tmp_path, change):
    parent, child = family(code(), tmp_path, {**PARENT, **change, "rate": STILL})
    assert child.metrics["val_loss"] == pytest.approx(
        parent.metrics["val_loss"], abs=1e-4
    )
    told = child.report["inherited"]
    assert told["trial_id"] == "0000"
    assert told["keeps_function"]
    assert "fresh" not in told["layers"]
    assert "inherited" not in parent.report


def test_so_does_one_that_fit_trains(tmp_path):
    values = {**PARENT, "units": 12, "rate": STILL}
    parent, child = family(code(batches=True), tmp_path, values)
    assert child.metrics["val_loss"] == pytest.approx(
        parent.metrics["val_loss"], abs=1e-4
    )


def test_and_one_of_tf_keras(tmp_path):
    made = code(pytest.importorskip("tf_keras"))
    parent, child = family(made, tmp_path, {**PARENT, "units": 12, "rate": STILL})
    assert child.metrics["val_loss"] == pytest.approx(
        parent.metrics["val_loss"], abs=1e-4
    )


def test_what_does_not_fit_is_new(tmp_path):
    _, child = family(code(), tmp_path, {**PARENT, "units": 4})
    told = child.report["inherited"]
    assert told["layers"] == {"fresh": 2}
    assert not told["keeps_function"]


def test_the_best_epoch_and_its_optimizer_are_left(tmp_path):
    parent = run(code(), tmp_path, 0, PARENT)
    state = training_state.left_in(str(tmp_path / "0"))
    assert state.values == PARENT
    best = min(parent.measurements, key=lambda m: m.metrics["val_loss"])
    assert state.epoch == best.resource
    steps = int(state.arrays["optimizer"][0])
    assert steps == 4 * best.resource
    plain = run(code(), tmp_path, 5, PARENT, inheritance=None)
    assert not (tmp_path / "5" / training_state.NAME).exists()
    assert plain.metrics.keys() == parent.metrics.keys()


def test_the_same_family_has_the_same_children_whatever_ran_before(tmp_path):
    made, values = code(), {**PARENT, "units": 12, "layers": 2}
    _, first = family(made, tmp_path / "a", values)
    run(made, tmp_path, 4, {**PARENT, "units": 3})
    _, again = family(made, tmp_path / "b", values)
    assert dict(first.metrics) == dict(again.metrics)


@pytest.mark.parametrize(
    "damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"?")]
)
def test_where_the_parents_weights_are_lost_the_child_begins_anew(
    tmp_path, damage, caplog
):
    made = code()
    run(made, tmp_path, 0, PARENT)
    damage(tmp_path / "0" / training_state.NAME)
    inheritance = Inheritance("0000")
    child = run(made, tmp_path, 1, PARENT, inheritance, str(tmp_path / "0"))
    plain = run(made, tmp_path / "else", 1, PARENT)
    assert child.report["inherited"] == {"trial_id": "0000", "layers": {}}
    assert child.metrics["val_loss"] == plain.metrics["val_loss"]
    assert "cannot inherit from trial 0000" in caplog.text


def test_nothing_is_left_or_begun_with_where_nobody_inherits(tmp_path):
    job = Job("0000", {}, 0, 0, str(tmp_path), "val_loss", "min")
    heirs.leave(job, None)
    assert heirs.parent_of(job, lambda values: None) is None
    assert heirs.begin(job, None, None) == {}
    assert list(tmp_path.iterdir()) == []
