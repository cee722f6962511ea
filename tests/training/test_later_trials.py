"""A later trial takes an earlier one's graph only where it is the same."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tests.training.trained import assert_second_is_fit

pytestmark = pytest.mark.usefixtures("nothing_known")
layers = keras.layers


def _model(hidden=None, *, activation="relu", loss=None, optimizer=None, first=None):
    inputs = layers.Input((6,), name="x")
    values = inputs if first is None else first(inputs)
    outputs = layers.Dense(3, "softmax")(layers.Dense(8, activation)(values))
    model = keras.Model({"x": inputs}, outputs)
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        loss or "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def _normalised(scale):
    def build():
        layer = layers.Normalization()
        layer.adapt(scale * kinds.FEATURES["x"])
        return _model(first=layer)

    return build


def _decayed(*names):
    def build():
        optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
        if names:
            optimizer.exclude_from_weight_decay(var_names=list(names))
        return _model(optimizer=optimizer)

    return build


def _steep(slope):
    def relu(x):  # Keras has one of this name.
        return slope * keras.ops.maximum(x, 0.0)

    return lambda: _model(activation=relu)


def _penalised(amount):
    def build():
        model = _model()
        model.layers[1].kernel.regularizer = keras.regularizers.L2(amount)
        return model

    return build


_setting = {"scale": 1.0}
_scale = 1.0


def _scaled(y_true, y_pred):
    plain = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
    return _scale * plain


def _within(y_true, y_pred):
    def scaled(loss):
        return _scale * loss

    return scaled(keras.losses.sparse_categorical_crossentropy(y_true, y_pred))


def _by_setting(y_true, y_pred):
    plain = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
    return _setting["scale"] * plain


def _helped(y_true, y_pred):
    return _scaled(y_true, y_pred)


def _at_scale(loss, scale):
    def build():
        _setting["scale"] = globals()["_scale"] = scale
        return _model(loss=loss)

    return build


def _own_loss(scale):
    def build():
        model, own = _model(), keras.Model.compute_loss
        model.compute_loss = lambda *a, **k: scale * own(model, *a, **k)
        return model

    return build


def _near(delta):
    return lambda: _model(loss=keras.losses.Huber(delta=delta))


@pytest.fixture(autouse=True)
def _epsilon_of_keras():
    yield
    keras.config.set_epsilon(1e-7)


def _at_epsilon(epsilon):
    def build():
        keras.config.set_epsilon(epsilon)
        return _model(loss="mean_absolute_percentage_error")

    return build


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_normalised(1.0), _normalised(3.0)),
        (_decayed(), _decayed("kernel")),
        (_steep(1.0), _steep(3.0)),
        (_penalised(0.0), _penalised(1.0)),
        (_at_scale(_scaled, 1.0), _at_scale(_scaled, 5.0)),
        (_at_scale(_helped, 1.0), _at_scale(_helped, 5.0)),
        (_at_scale(_within, 1.0), _at_scale(_within, 5.0)),
        (_at_scale(_by_setting, 1.0), _at_scale(_by_setting, 5.0)),
        (_own_loss(1.0), _own_loss(5.0)),
        (_near(0.1), _near(3.0)),
        (_at_epsilon(50.0), _at_epsilon(200.0)),
    ],
    ids=[
        "adapted",
        "excluded from decay",
        "named like Keras'",
        "penalty of a variable",
        "a global",
        "a global of a helper",
        "a global of an inner function",
        "a dictionary",
        "a method",
        "an argument of a loss",
        "a setting of Keras",
    ],
)
def test_what_a_configuration_does_not_say_is_not_shared(first, second):
    assert_second_is_fit(first, second)


def test_states_begin_anew_in_every_trial():
    def build():
        inputs = layers.Input(batch_shape=(16, 5, 3), name="sequence")
        outputs = layers.Dense(3, "softmax")(layers.GRU(4, stateful=True)(inputs))
        model = keras.Model({"sequence": inputs}, outputs)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    arrays = {"sequence": kinds.FEATURES["sequence"]}, kinds.LABEL
    whole = tf.data.Dataset.from_tensor_slices(arrays).batch(16, drop_remainder=True)
    assert_second_is_fit(build, build, data=lambda _: whole)


def test_functions_of_tensorflow_are_told_from_those_of_keras(made):
    def build(activation):
        return lambda: _model(activation=activation)

    leaky = tf.nn.leaky_relu
    assert_second_is_fit(build("leaky_relu"), build(leaky))
    assert len(made) == 4
    assert_second_is_fit(build(leaky), build(leaky))
    assert len(made) == 4


def test_what_was_adapted_to_the_same_data_is_shared(made):
    assert_second_is_fit(_normalised(1.0), _normalised(1.0))
    assert len(made) == 2


def test_words_are_looked_up_in_the_own_vocabulary():
    def build(codes):
        lookup = layers.IntegerLookup()
        lookup.adapt(np.array(codes))
        inputs = layers.Input((6,), name="x")
        codes = layers.Embedding(9, 2)(lookup(keras.ops.cast(inputs, "int64")))
        outputs = layers.Dense(3, "softmax")(layers.Flatten()(codes))
        model = keras.Model({"x": inputs}, outputs)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    assert_second_is_fit(lambda: build([0, 1, 2]), lambda: build([-2, 0, 1]))
