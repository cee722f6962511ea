"""tf_keras' `fit` with all steps of an epoch in one call is `fit`."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.training import kinds
from tests.training.compared import largest_difference
from tuner_component import training
from tuner_component.training import support

TOLERANCE = 1e-5
CALLS: list[str] = []


@pytest.fixture(autouse=True)
def _fresh():
    support._said.clear()
    CALLS.clear()


class Counting(tf_keras.callbacks.Callback):
    def __init__(self, at_batches):
        super().__init__()
        if at_batches:
            self.on_train_batch_end = lambda batch, logs=None: CALLS.append("batch")

    def on_epoch_end(self, epoch, logs=None):
        CALLS.append("epoch")


def build(run_eagerly=False, dropout=0.0):
    model = tf_keras.Sequential(
        [
            tf_keras.layers.Dense(8, "relu", input_shape=(6,)),
            tf_keras.layers.BatchNormalization(),
            tf_keras.layers.Dropout(dropout, seed=1),
            tf_keras.layers.Dense(3, "softmax"),
        ]
    )
    model.compile(
        tf_keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    return model


def trained(
    *, at_once, data=lambda batches: batches, run_eagerly=False, dropout=0.0, **fit
):
    tf_keras.utils.set_random_seed(3)
    model = build(run_eagerly, dropout)
    names = [variable.name for variable in model.variables]
    if at_once:
        training.fit_in_graphs(model, is_shared=True)
    whole = tf.data.Dataset.from_tensor_slices((kinds.FEATURES["x"], kinds.LABEL))
    batches = data(whole.batch(16))
    given = {"x": batches, "validation_data": batches, "epochs": 3, "verbose": 0}
    history = model.fit(**given, **fit).history
    assert [variable.name for variable in model.variables] == names
    assert model._steps_per_execution.numpy() == 1
    return history, [np.array(variable) for variable in model.variables]


def assert_equal(**given):
    theirs, weights = trained(at_once=False, **given)
    ours, our_weights = trained(at_once=True, **given)
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, other in zip(our_weights, weights, strict=True):
        assert one == pytest.approx(other, abs=TOLERANCE)


def test_data_of_unknown_length_are_left_to_keras():
    assert_equal(data=lambda batches: batches.filter(lambda *_: True))
    assert support._said == {"the length of its data is not known"}


@pytest.mark.parametrize(("steps", "validation_steps"), [(5, 3), (3, 8)])
def test_it_is_fit_on_endless_data(steps, validation_steps):
    assert_equal(
        data=lambda batches: batches.repeat(),
        steps_per_epoch=steps,
        validation_steps=validation_steps,
    )
    assert not support._said


def test_it_is_fit_on_one_pass_with_callbacks():
    assert_equal(
        callbacks=[Counting(at_batches=False)], class_weight={0: 1, 1: 2, 2: 3}
    )
    assert CALLS == ["epoch"] * 6
    assert not support._said


def test_random_layers_draw_the_numbers_of_single_steps():
    assert_equal(dropout=0.3)
    assert not support._said
    assert trained(at_once=True, dropout=0.3)[0] != trained(at_once=True)[0]


def test_they_draw_on_in_the_next_fit():
    def history(*, in_graphs):
        tf_keras.utils.set_random_seed(3)
        model = build(dropout=0.3)
        if in_graphs:
            training.fit_in_graphs(model, is_shared=True)
        data = {"x": kinds.FEATURES["x"], "y": kinds.LABEL, "verbose": 0}
        model.fit(**data, shuffle=False)
        return model.fit(**data, shuffle=False).history

    ours, theirs = (history(in_graphs=value) for value in (True, False))
    assert largest_difference(ours, theirs) <= TOLERANCE


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"callbacks": [Counting(at_batches=True)]}, "Counting has hooks for batches"),
        ({"run_eagerly": True}, "compiled with run_eagerly"),
    ],
)
def test_what_needs_single_steps_gets_them(given, reason):
    assert_equal(**given)
    (said,) = support._said
    assert reason in said
