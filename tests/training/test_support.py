"""What `fit` must do itself is known before the training."""

from __future__ import annotations

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tuner_component import training


class _Batches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class _OwnFit(keras.Model):
    def fit(self, *args, **kwargs):
        return super().fit(*args, **kwargs)


def test_a_plain_training_needs_no_fit(tmp_path):
    callbacks = [
        keras.callbacks.EarlyStopping(),
        keras.callbacks.TensorBoard(str(tmp_path)),
        keras.callbacks.ModelCheckpoint(str(tmp_path / "model.keras")),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ]
    assert training.why_not(kinds.dense(), ["epochs", "class_weight"], callbacks) == ""


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (lambda: _Batches(), "the callback _Batches has on_train_batch_end()"),
        (
            lambda: keras.callbacks.TensorBoard(update_freq=3),
            "the callback TensorBoard has on_train_batch_begin()",
        ),
        (
            lambda: keras.callbacks.LambdaCallback(on_train_batch_end=print),
            "the callback LambdaCallback has on_train_batch_end()",
        ),
    ],
)
def test_a_callback_for_batches_needs_fit(callback, message):
    assert training.why_not(kinds.dense(), [], [callback()]) == message


def test_what_is_unknown_needs_fit():
    model = kinds.dense()
    assert training.why_not(model, ["shuffle"], []) == "fit() is told shuffle"
    model.run_eagerly = True
    assert "run_eagerly" in training.why_not(model, [], [])
    inputs = keras.Input((3,))
    own = _OwnFit(inputs, keras.layers.Dense(1)(inputs))
    own.compile("sgd", "mse")
    assert training.why_not(own, [], []) == "_OwnFit has fit() of its own"


class _Annealed(keras.layers.Layer):
    """What it does depends on how often Python has called it."""

    def __init__(self):
        super().__init__()
        self.num_calls = 0

    def call(self, inputs):
        self.num_calls += 1
        return inputs * (1 + self.num_calls)


@pytest.fixture
def eager_functions():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def _weights_after_fit(*, in_graphs):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), _Annealed(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    if in_graphs:
        training.fit_in_graphs(model, is_shared=True)
    model.fit(np.eye(6, 3), np.ones((6, 1)), batch_size=2, epochs=2, verbose=0)
    return model.get_weights()[0].tolist()


@pytest.mark.usefixtures("eager_functions")
def test_functions_that_run_eagerly_are_no_graphs():
    assert "run_functions_eagerly" in training.why_not(kinds.dense(), [], [])
    assert _weights_after_fit(in_graphs=True) == _weights_after_fit(in_graphs=False)


@pytest.mark.parametrize("name", ["max_epochs", "max_steps_per_epoch"])
def test_a_limit_of_the_environment_needs_fit(name, monkeypatch):
    monkeypatch.setattr(keras.config, name, lambda: 2, raising=False)
    reason = f"keras.config.{name}() is a number"
    assert training.why_not(kinds.dense(), ["epochs"], []) == reason


def test_an_optimizer_that_fit_begins_otherwise_needs_fit():
    library = keras.optimizers
    if not hasattr(library, "ScheduleFreeAdamW"):
        pytest.skip("this Keras has none")
    for wrapped in (lambda own: own, library.LossScaleOptimizer):
        model = kinds.dense()
        model.compile(wrapped(library.ScheduleFreeAdamW()), "mse")
        assert "ScheduleFreeAdamW begins" in training.why_not(model, [], [])
        model.optimizer.build(model.trainable_variables)
        assert training.why_not(model, [], []) == ""


def test_a_model_of_another_library_needs_fit():
    tf_keras = pytest.importorskip("tf_keras")
    model = tf_keras.Sequential([tf_keras.layers.Dense(1)])
    assert "tf_keras" in training.why_not(model, [], [])


def test_the_reason_is_said_once(caplog):
    with caplog.at_level(logging.WARNING):
        training.fall_back("a test says so")
        training.fall_back("a test says so")
    assert caplog.text.count("a test says so") == 1
