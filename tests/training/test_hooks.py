"""Callbacks get what those of `fit` get."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tuner_component import training
from tuner_component.training.hooks import callback_list, plain

EPOCHS = 3


class _Noted(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append((epoch, logs))

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append((epoch, logs))


@pytest.fixture
def plan():
    examples = training.Examples({"x": kinds.FEATURES["x"]}, kinds.LABEL)
    rows = training.shuffled(kinds.NUM_EXAMPLES, 16, 0)
    return training.Plan(examples, rows, 7, examples, 16, EPOCHS)


def test_a_training_tells_plain_numbers_of_every_epoch(plan):
    model, noted = kinds.dense(), _Noted()
    assert training.fit(model, plan, [noted]) == ""
    assert noted.begun == [(epoch, {}) for epoch in range(EPOCHS)]
    assert [epoch for epoch, _ in noted.ended] == model.history.epoch == [0, 1, 2]
    assert {type(v) for _, logs in noted.ended for v in logs.values()} == {float}
    told = {name: [logs[name] for _, logs in noted.ended] for name in noted.ended[0][1]}
    assert told == model.history.history
    assert {"loss", "val_loss"} <= told.keys()


def test_the_users_history_is_the_models(plan):
    model, own = kinds.dense(), keras.callbacks.History()
    assert training.fit(model, plan, [own]) == ""
    assert model.history is own
    histories = [
        one
        for one in callback_list(model, [own], epochs=1, steps=1).callbacks
        if isinstance(one, keras.callbacks.History)
    ]
    assert histories == [own]
    assert own.epoch == [0, 1, 2]


@pytest.mark.parametrize(
    "logs",
    [
        {"loss": 0.5},
        {"loss": np.float32(0.5), "by_class": np.array([1.0, 2.0])},
        {"loss": 1.0, "inner": {"a": tf.constant(2.0)}},
        {},
        None,
    ],
)
def test_whatever_the_logs_they_are_those_of_keras_list(logs):
    ours, theirs = _Noted(), _Noted()
    hooks = callback_list(kinds.dense(), [ours], epochs=5, steps=7)
    hooks.on_train_begin()
    hooks.on_epoch_end(4, logs)
    keras.callbacks.CallbackList([theirs]).on_epoch_end(4, logs)
    ((epoch, found),), ((_, expected),) = ours.ended, theirs.ended
    assert epoch == 4
    np.testing.assert_equal(found or {}, expected)


def test_one_number_is_a_float_and_several_stay_as_they_are():
    assert type(plain(tf.constant(0.25))) is float
    assert type(plain(np.float32(0.25))) is float
    np.testing.assert_array_equal(plain(tf.constant([1.0, 2.0])), [1.0, 2.0])
