"""A training that is paused and goes on is one that was never paused."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

from tuner_component.data import Source, Split  # noqa: E402
from tuner_component.evaluation import Job, evaluate  # noqa: E402
from tuner_component.keras_trials import (  # noqa: E402
    evaluating,
    exporting,
    training_state,
    weights_file,
)
from tuner_component.trial import Fidelity  # noqa: E402

VALUES = {"units": 6, "rate": 0.05}
MOST = 6


def arrays(num_examples=50):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_examples, 3)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("int64")
    return {"x": x, "__label__": y}


def _read(files, options, schema):
    """Shuffles in two places, as the reader of TFX does."""
    import tensorflow as tf

    data = arrays()
    label = data.pop("__label__")
    dataset = tf.data.Dataset.from_tensor_slices((data, label))
    if options.shuffle:
        seed = options.shuffle_seed
        dataset = dataset.shuffle(50, seed).shuffle(7, seed)
    return dataset.batch(options.batch_size)


DATA = Split(None, arrays())
STREAMED = Split(Source(_read, [], None, "__label__"), None)


def model_of(library, optimizer=None, **compiled):
    def build_model(hp):
        layers = library.layers
        inputs = layers.Input((3,), name="x")
        hidden = layers.Dense(hp.Int("units", 1, 16))(inputs)
        hidden = layers.BatchNormalization()(hidden)
        hidden = layers.Dropout(0.4)(hidden)
        outputs = layers.Dense(1, activation="sigmoid")(hidden)
        model = library.Model({"x": inputs}, outputs)
        rate = hp.Float("rate", 1e-3, 1.0)
        made = optimizer(rate) if optimizer else library.optimizers.Adam(rate)
        model.compile(made, "binary_crossentropy", metrics=["accuracy"], **compiled)
        return model

    return build_model


class Subclassed(keras.Model):
    """Has no variables before it has seen data."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(4, "relu")
        self.dropout = keras.layers.Dropout(0.4)
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=False):
        return self.out(self.dropout(self.hidden(inputs["x"]), training=training))


def subclassed(hp):
    model = Subclassed()
    model.compile(
        keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"]
    )
    return model


class TwoOptimizers(Subclassed):
    """Its second optimiser cannot be put back."""

    def __init__(self):
        super().__init__()
        self.other = keras.optimizers.Adam(0.01)


def two_optimizers(hp):
    model = TwoOptimizers()
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    return model


def code(build=None, fit_args=lambda hp: {}, data=DATA, **defaults):
    return evaluating.ModelCode(
        build_model=build or model_of(keras),
        fit_args=fit_args,
        train=data,
        validation=DATA,
        fit_defaults={"epochs": 99, "batch_size": 8, **defaults},
    )


def job(folder, epochs, attempt=0, **changes):
    made = Job(
        "0000",
        VALUES,
        3,
        attempt,
        str(folder),
        "val_loss",
        "min",
        Fidelity("epochs", epochs, MOST),
    )
    return dataclasses.replace(made, **changes)


def run(of, at):
    """Returns the outcome, and the epochs that were trained for it."""
    seen = []
    outcome = evaluate(
        lambda j, report: evaluating.train(of, j, report), at, seen.append
    )
    assert outcome.error is None, outcome.error
    return outcome, [int(measurement.resource) for measurement in seen]


def curve(outcome):
    return [dict(measurement.metrics) for measurement in outcome.measurements]


def assert_equal(one, other, tolerance=1e-5):
    for ours, theirs in zip(curve(one), curve(other), strict=True):
        assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance)
    assert dict(one.metrics) == pytest.approx(dict(other.metrics), rel=tolerance)


def schedule(rate):
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(rate, 40))


def two_in_one(rate):
    library = keras.optimizers
    if not hasattr(library, "MultiOptimizer"):
        pytest.skip("this Keras has none")
    of_biases = {".*bias": library.SGD(rate)}
    return library.MultiOptimizer(library.OptimizerMap(library.Adam(rate), of_biases))


def early_stopping(hp):
    return {
        "callbacks": [
            keras.callbacks.ReduceLROnPlateau("val_loss", 0.2, patience=1, min_delta=1),
            keras.callbacks.EarlyStopping(
                "val_loss", patience=4, min_delta=1, restore_best_weights=True
            ),
        ]
    }


def legacy():
    return model_of(pytest.importorskip("tf_keras"))


CASES = {
    "arrays": code,
    "streamed": lambda: code(data=STREAMED),
    "steps": lambda: code(steps_per_epoch=4),
    "streamed_steps": lambda: code(data=STREAMED, steps_per_epoch=4),
    "schedule": lambda: code(model_of(keras, schedule)),
    "two_in_one": lambda: code(model_of(keras, two_in_one)),
    "callbacks": lambda: code(fit_args=early_stopping),
    "subclassed": lambda: code(subclassed),
    "two_optimizers": lambda: code(two_optimizers),
    "tf_keras": lambda: code(legacy()),
    "tf_keras_streamed": lambda: code(legacy(), data=STREAMED),
}


SELDOM = ("two_in_one", "two_optimizers", "tf_keras_streamed")


@pytest.mark.parametrize(
    "name",
    [pytest.param(c, marks=[pytest.mark.slow] * (c in SELDOM)) for c in CASES],
)
def test_three_rungs_give_what_one_training_gives(tmp_path, name):
    whole, _ = run(CASES[name](), job(tmp_path / "whole", MOST))
    parts = []
    for attempt, epochs in enumerate((1, 3, MOST)):
        rung, trained = run(CASES[name](), job(tmp_path / "rungs", epochs, attempt))
        parts.append(trained)
    assert_equal(rung, whole)
    if name == "two_optimizers":
        assert parts == [[1], [1, 2, 3], [1, 2, 3, 4, 5, 6]]
    elif name == "callbacks":
        assert parts == [[1], [2, 3], [4, 5]]
    else:
        assert parts == [[1], [2, 3], [4, 5, 6]]
    seconds = [m.seconds for m in rung.measurements]
    assert seconds == sorted(seconds)


def test_seeds_of_user_code_do_not_last(tmp_path):
    tf_keras = pytest.importorskip("tf_keras")
    tf_keras.utils.set_random_seed(99)
    one, _ = run(code(legacy()), job(tmp_path / "one", 2))
    other, _ = run(code(legacy()), job(tmp_path / "other", 2))
    assert_equal(one, other)


def test_the_dropout_and_the_order_matter(tmp_path):
    """Without them the test above could not fail."""
    one, _ = run(code(), job(tmp_path / "one", 3))
    other, _ = run(code(), job(tmp_path / "other", 3, seed=4))
    assert curve(one) != curve(other)


def _damage(path):
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize("harm", [Path.unlink, _damage, lambda p: p.write_bytes(b"")])
def test_without_its_state_a_trial_begins_anew_to_the_same_result(tmp_path, harm):
    whole, _ = run(code(), job(tmp_path / "whole", 4))
    run(code(), job(tmp_path / "rungs", 2))
    harm(tmp_path / "rungs" / training_state.NAME)
    again, trained = run(code(), job(tmp_path / "rungs", 4, 1))
    assert trained == [1, 2, 3, 4]
    assert_equal(again, whole)


@pytest.mark.parametrize("epochs", [2, MOST])
def test_an_attempt_after_the_last_word_trains_nothing(tmp_path, epochs):
    """The worker died between its state and its outcome."""
    first, _ = run(code(), job(tmp_path, epochs))
    again, trained = run(code(), job(tmp_path, epochs, 1))
    assert trained == []
    assert again.metrics == first.metrics
    assert again.measurements == first.measurements
    assert again.report == first.report


@pytest.mark.parametrize(
    "changes", [{"seed": 9}, {"values": {"units": 7, "rate": 0.05}}]
)
def test_a_state_of_another_trial_is_not_used(tmp_path, changes):
    run(code(), job(tmp_path, 2))
    _, trained = run(code(), job(tmp_path, 3, **changes))
    assert trained == [1, 2, 3]


def test_a_state_of_later_epochs_is_not_used(tmp_path):
    run(code(), job(tmp_path, 3))
    assert run(code(), job(tmp_path, 2))[1] == [1, 2]


def test_what_is_kept_is_what_is_needed(tmp_path):
    run(code(), job(tmp_path, 2))
    assert [path.name for path in tmp_path.iterdir()] == [training_state.NAME]
    run(code(), job(tmp_path, MOST, 1))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {training_state.NAME, weights_file.NAME}
    assert training_state.read(job(tmp_path, MOST)).arrays == {}


@pytest.mark.parametrize("epochs", [4, MOST])
def test_a_paused_model_can_be_exported_too(tmp_path, epochs):
    import tensorflow as tf

    outcome, _ = run(code(), job(tmp_path, epochs))
    target = str(tmp_path / "saved")
    at = job(tmp_path, epochs, 1, note={"export": target})
    exporting.export(code(), at)
    data = arrays()
    served = tf.saved_model.load(target)
    scores = served.serve({"x": data["x"]}).numpy()
    label = data["__label__"]
    loss = -np.log(np.where(label, scores, 1 - scores)).mean()
    assert loss == pytest.approx(outcome.metrics["val_loss"], rel=1e-3)


def test_a_state_that_cannot_be_written_costs_only_time(tmp_path, caplog):
    folder = tmp_path / "trial"
    folder.mkdir()
    (folder / training_state.NAME).mkdir()
    outcome, _ = run(code(), job(folder, 2))
    assert len(outcome.measurements) == 2
    assert "is not kept" in caplog.text


def test_a_remote_folder_works_the_same(tmp_path):
    whole, _ = run(code(), job(tmp_path / "whole", 3))
    at = job(f"file://{tmp_path}/remote", 2)
    run(code(), at)
    rung, trained = run(code(), dataclasses.replace(job(at.folder, 3), attempt=1))
    assert trained == [3]
    assert_equal(rung, whole)


@pytest.mark.parametrize(
    ("values", "fit_args", "message"),
    [
        ({**VALUES, "epochs": 3}, {}, "the hyperparameter 'epochs' says"),
        (VALUES, {"epochs": 3}, r"fit_args \(as 'epochs'\) says"),
    ],
)
def test_only_one_may_say_the_epochs(tmp_path, values, fit_args, message):
    at = job(tmp_path, 2, values=values)
    outcome = evaluate(
        lambda j, report: evaluating.train(
            code(fit_args=lambda hp: fit_args), j, report
        ),
        at,
        lambda _: None,
    )
    assert outcome.error is not None
    assert re.search(message, outcome.error.message)


def test_another_kind_of_fidelity_is_refused(tmp_path):
    at = dataclasses.replace(job(tmp_path, 2), fidelity=Fidelity("resolution", 2))
    with pytest.raises(ValueError, match="'resolution'; expected 'epochs'"):
        evaluating.train(code(), at, lambda _: None)
