"""Callbacks and steps of a later trial, whatever an earlier one has left behind."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.training import kinds
from tests.training.compared import curves, largest_difference
from tests.training.trained import TOLERANCE, assert_second_is_fit, dataset, trained
from tuner_component import training
from tuner_component.training import support

pytestmark = pytest.mark.usefixtures("nothing_known")
layers = keras.layers


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

    theirs, their_variables = trained(build, in_graphs=False)
    ours, our_variables = trained(build, in_graphs=True)
    assert largest_difference(ours, theirs) <= TOLERANCE
    assert len(support._said) == 1
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)


def test_a_model_has_its_graphs_for_several_trainings(made):
    model = kinds.dense()
    training.fit_in_graphs(model, is_shared=False)
    data = dataset(model)
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
