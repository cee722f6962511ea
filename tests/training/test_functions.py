"""What functions of the model code read: graphs that may differ are not shared."""

from __future__ import annotations

import functools
import math
import types

import keras
import pytest
import tensorflow as tf

from tests.training import kinds
from tests.training.trained import assert_second_is_fit
from tuner_component import training
from tuner_component.training import together, unconfigured

pytestmark = pytest.mark.usefixtures("nothing_known")

_module = types.ModuleType("settings")
_amount, _huber = 1.0, keras.losses.Huber(1.0)


class Settings:
    amount = 1.0

    def loss(self, y_true, y_pred):
        return self.amount * _plain(y_true, y_pred)


_instance = Settings()


def _plain(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


def _by_class(y_true, y_pred):
    return Settings.amount * _plain(y_true, y_pred)


def _by_module(y_true, y_pred):
    return _module.amount * _plain(y_true, y_pred)


def _by_object(y_true, y_pred):
    labels = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), 3)
    return _huber(labels, y_pred)


def _by_attribute(y_true, y_pred):
    return _by_attribute.amount * _plain(y_true, y_pred)


def _by_variable(y_true, y_pred):
    return _amount * _plain(y_true, y_pred)


def _by_library(y_true, y_pred):
    return math.sqrt(4.0) * tf.reduce_mean(_plain(y_true, y_pred))


def _model(loss, amount=1.0, metrics=("accuracy",)):
    global _huber, _amount
    Settings.amount = _instance.amount = _module.amount = _amount = amount
    _by_attribute.amount, _huber = amount, keras.losses.Huber(amount / 10)
    inputs = keras.layers.Input((6,), name="x")
    model = keras.Model({"x": inputs}, keras.layers.Dense(3, "softmax")(inputs))
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=list(metrics))
    return model


_CHANGING = [_by_class, _by_module, _by_object, _by_attribute, _instance.loss]


@pytest.mark.parametrize("loss", [*_CHANGING, _by_variable])
def test_a_later_trial_has_its_own_value(loss):
    assert_second_is_fit(lambda: _model(loss, 1.0), lambda: _model(loss, 5.0))


def test_so_has_a_metric():
    def build(amount):
        loss = "sparse_categorical_crossentropy"
        return _model(loss, amount, metrics=[_by_class])

    assert_second_is_fit(lambda: build(1.0), lambda: build(5.0))


@pytest.mark.parametrize("loss", [_plain, _by_library, keras.losses.poisson])
def test_what_does_not_change_is_known(loss):
    assert unconfigured.with_globals(loss)[0] is loss


@pytest.mark.parametrize("loss", [*_CHANGING, functools.partial(_plain)])
def test_what_may_change_is_not(loss):
    _model(_plain)
    with pytest.raises(unconfigured.UnknownError):
        unconfigured.with_globals(loss)


def test_models_that_read_a_variable_train_alone(monkeypatch):
    said = []
    monkeypatch.setattr(together, "alone", said.append)
    examples = training.Examples({"x": kinds.FEATURES["x"]}, kinds.LABEL)
    rows = training.shuffled(kinds.NUM_EXAMPLES, 10, 0)
    plan = training.Plan(examples, rows, 6, examples, 10)
    members = [training.Member(_model(_by_variable, n), plan) for n in (1.0, 5.0)]
    assert training.groups_of(members) == []
    assert "reads a variable of its module" in said[0]
