"""What Keras does with a model that had the graphs of an earlier one."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tests.training.compared import largest_difference
from tests.training.trained import TOLERANCE, assert_second_is_fit, dataset
from tuner_component.training import fit_in_graphs, reuse, support
from tuner_component.training.iterator_graphs import IteratorGraphs

pytestmark = pytest.mark.usefixtures("nothing_known")
FEATURES, LABEL = {"x": kinds.FEATURES["x"]}, kinds.LABEL


class _TrainsMore(keras.callbacks.Callback):
    """Trains on a batch of its own after every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        batch = {"x": FEATURES["x"][:9]}, LABEL[:9]
        found = self.model.train_on_batch(*batch, return_dict=True)
        logs.update({f"own_{name}": float(value) for name, value in found.items()})


@pytest.mark.parametrize("arrays", [False, True])
def test_a_callback_may_train_on_a_batch(arrays):
    fit = {"callbacks": lambda: [_TrainsMore()], "arrays": arrays}
    assert_second_is_fit(kinds.dense, kinds.dense, **fit)


def _numbers(go, *, in_graphs):
    """Trains two models; returns what comes of the second one afterwards."""
    for number in range(2):
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(number)
        model = kinds.dense()
        if in_graphs:
            fit_in_graphs(model, is_shared=True)
        model.fit(dataset(model), epochs=2, verbose=0)
    go(model)
    return [np.array(value) for value in model.get_weights()]


def _fits_without_graphs(model):
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: None
    )
    model.fit(dataset(model), epochs=1, verbose=0, callbacks=[callback])


def _steps_by_hand(model):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(FEATURES) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply_gradients(
        zip(gradients, model.trainable_variables, strict=True)
    )


@pytest.mark.parametrize(
    "go",
    [
        _fits_without_graphs,
        _steps_by_hand,
        lambda model: model.train_on_batch(FEATURES, LABEL),
    ],
    ids=["fit", "gradients", "train_on_batch"],
)
def test_it_trains_further_without_graphs(go):
    ours, theirs = (_numbers(go, in_graphs=value) for value in (True, False))
    assert len(reuse._known) == 1
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)


def _sparse(rate):
    inputs = keras.layers.Input((6,), name="x", sparse=True)
    model = keras.Model({"x": inputs}, keras.layers.Dense(3, "softmax")(inputs))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model


def test_sparse_features_are_left_to_it_in_every_trial():
    def sparse(features, label):
        return {"x": tf.sparse.from_dense(features["x"])}, label

    batches = (
        tf.data.Dataset.from_tensor_slices((FEATURES, LABEL)).batch(16).map(sparse)
    )
    for rate in (0.01, 0.1, 0.01):
        found = []
        for in_graphs in (False, True):
            keras.utils.set_random_seed(1)
            model = _sparse(rate)
            if in_graphs:
                fit_in_graphs(model, is_shared=True)
            found.append(model.fit(batches, epochs=2, verbose=0).history)
        assert largest_difference(found[1], found[0]) <= TOLERANCE
    assert not reuse._known
    assert "ragged or sparse" in next(iter(support._said))


def test_graphs_that_cannot_be_made_are_given_to_nobody(monkeypatch):
    def refuse(*_):
        raise TypeError("no graph")

    monkeypatch.setattr(IteratorGraphs, "_graph", refuse)
    ours, theirs = (
        _numbers(lambda _: None, in_graphs=value) for value in (True, False)
    )
    assert not reuse._known
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)
