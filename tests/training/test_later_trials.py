"""A later trial is what `fit` makes of it, whatever an earlier one has left behind."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tests.training.compared import curves, largest_difference
from tests.training.test_fit_in_graphs import TOLERANCE, _dataset, _trained
from tuner_component import training
from tuner_component.training import one_thread, reuse, support

layers = keras.layers


@pytest.fixture(autouse=True)
def _nothing_known():
    reuse._known.clear()
    support._said.clear()


@pytest.fixture
def made(monkeypatch):
    """One entry for each graph that was made."""
    found, trace = [], one_thread._traced

    def noted(*given):
        found.append(given)
        return trace(*given)

    monkeypatch.setattr(one_thread, "_traced", noted)
    return found


def assert_second_is_fit(first, second, **fit):
    _trained(first, in_graphs=True, **fit)
    theirs, their_variables = _trained(second, in_graphs=False, **fit)
    ours, our_variables = _trained(second, in_graphs=True, **fit)
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)
    assert not support._said


@pytest.mark.parametrize(
    "callback",
    [
        lambda: keras.callbacks.EarlyStopping("val_accuracy", patience=0),
        lambda: keras.callbacks.ReduceLROnPlateau("val_accuracy", patience=0),
        lambda: keras.callbacks.EarlyStopping("accuracy", baseline=2.0, patience=1),
    ],
    ids=["stopping", "plateau", "baseline"],
)
def test_callbacks_find_out_which_way_a_metric_is_better(callback, made):
    assert_second_is_fit(kinds.dense, kinds.dense, callbacks=lambda: [callback()])
    assert len(made) == 2  # All of them the first trial's.


class _Reading(keras.callbacks.Callback):
    """Adds what the model's metrics say to the logs, and said before the training."""

    def on_train_begin(self, logs=None):
        self.before = float(self.model.metrics[0].result())

    def on_epoch_end(self, epoch, logs=None):
        result = self.model.get_metrics_result()
        logs.update({f"read_{name}": float(value) for name, value in result.items()})
        logs["first"] = float(self.model.metrics[0].result())
        logs["before"] = self.before


@pytest.mark.parametrize("build", [kinds.dense, kinds.two_inputs_two_outputs])
def test_callbacks_can_read_the_metrics(build, made):
    assert_second_is_fit(build, build, callbacks=lambda: [_Reading()])
    assert len(made) == 2


def test_before_a_later_trial_its_metrics_are_those_of_a_new_model():
    for _ in range(2):
        theirs, ours = curves(kinds.dense, callbacks=lambda: [_Reading()])
        assert largest_difference(ours[0], theirs[0]) <= TOLERANCE
        assert ours[0]["before"] == [0.0] * 3


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
    ],
)
def test_what_a_configuration_does_not_say_is_not_shared(first, second):
    assert_second_is_fit(first, second)


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


class _Nested(keras.callbacks.Callback):
    """Evaluates other data within every validation."""

    def __init__(self):
        super().__init__()
        self.found, self.is_inside = {}, False

    def on_test_end(self, logs=None):
        if self.is_inside:
            return
        self.is_inside = True
        features, label = {"x": kinds.FEATURES["x"][:30]}, kinds.LABEL[:30]
        self.found = self.model.evaluate(
            features, label, batch_size=7, verbose=0, return_dict=True
        )
        self.is_inside = False

    def on_epoch_end(self, epoch, logs=None):
        logs.update({f"own_{name}": value for name, value in self.found.items()})


def test_a_callback_may_evaluate_within_a_validation():
    callbacks = {"callbacks": lambda: [_Nested()]}
    assert_second_is_fit(kinds.dense, kinds.dense, **callbacks)


class OwnStep(keras.Model):
    def train_step(self, data):
        return {**super().train_step(data), "more": 1.0}


def test_keras_makes_as_many_steps_as_it_is_told():
    def build():
        inputs = layers.Input((6,), name="x")
        model = OwnStep({"x": inputs}, layers.Dense(3, "softmax")(inputs))
        model.compile(
            keras.optimizers.Adam(0.01),
            "sparse_categorical_crossentropy",
            steps_per_execution=2,
        )
        return model

    theirs, their_variables = _trained(build, in_graphs=False)
    ours, our_variables = _trained(build, in_graphs=True)
    assert largest_difference(ours, theirs) <= TOLERANCE
    assert len(support._said) == 1
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)


def test_a_model_has_its_graphs_for_several_trainings(made):
    model = kinds.dense()
    training.fit_in_graphs(model, is_shared=False)
    data = _dataset(model)
    for _ in range(3):
        model.fit(data, validation_data=data, verbose=0)
    assert len(made) == 2
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = [np.array(value) for value in model.get_weights()]
    model.fit(data, validation_data=data, verbose=0)
    assert len(made) == 4
    assert not np.allclose(model.get_weights()[0], before[0])


class _StopsFirst(keras.callbacks.Callback):
    """Ends the second epoch before it begins: `fit` still makes one step of it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_training_that_is_stopped_before_an_epoch(at_once):
    def build():
        model = kinds.dense()
        model.steps_per_execution = at_once
        return model

    assert_second_is_fit(build, build, callbacks=lambda: [_StopsFirst()])


def test_arrays_too():
    (theirs, their_variables), (ours, our_variables) = curves(
        kinds.dense, callbacks=lambda: [_StopsFirst()]
    )
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)
