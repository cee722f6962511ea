"""A step that cannot be a graph is left to Keras as if nobody had tried."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf
from tfx_bsl.public import tfxio

from tests.training import kinds
from tuner_component.data import accessor
from tuner_component.data.table import Table
from tuner_component.training import fit_in_graphs


class Counting(keras.Model):
    """Reports more than metrics, which no graph of an epoch does."""

    count = None

    def train_step(self, data):
        if self.count is None:
            self.count = self.make_count()
        self.count.assign(self.count + 1.0)
        return {**super().train_step(data), "count": self.count + 0.0}


class ByTensorFlow(Counting):
    def make_count(self):
        return tf.Variable(0.0, trainable=False)


class ByKeras(Counting):
    def make_count(self):
        return self.add_weight(shape=(), initializer="zeros", trainable=False)


class ByLayer(Counting):
    def make_count(self):
        layer = self.layers[-1]
        if not hasattr(layer, "count"):
            layer.count = tf.Variable(0.0, trainable=False)
        return layer.count


class WithMetric(keras.Model):
    def train_step(self, data):
        if not hasattr(self, "own"):
            self.own = keras.metrics.Mean(name="own")
        self.own.update_state(tf.reduce_mean(tf.cast(data[1], tf.float32)))
        return {**super().train_step(data), "more": self.own.result()}


def _history(cls, *, in_graphs):
    keras.utils.set_random_seed(1)
    inputs = keras.layers.Input((6,), name="x")
    model = cls({"x": inputs}, keras.layers.Dense(3, "softmax")(inputs))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    if in_graphs:
        fit_in_graphs(model, is_shared=False)
    features = {"x": kinds.FEATURES["x"]}
    return model.fit(features, kinds.LABEL, epochs=2, verbose=0, shuffle=False).history


@pytest.mark.parametrize("cls", [ByTensorFlow, ByKeras])
def test_so_are_those_of_rows(cls):
    def build():
        inputs = keras.layers.Input((6,), name="x")
        model = cls({"x": inputs}, keras.layers.Dense(3, "softmax")(inputs))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    found = []
    for in_graphs in (True, False):
        keras.utils.set_random_seed(1)
        model = build()
        if in_graphs:
            fit_in_graphs(model, is_shared=True)
        options = tfxio.TensorFlowDatasetOptions(
            batch_size=20, label_key="y", num_epochs=1, shuffle=False
        )
        arrays = {"x": kinds.FEATURES["x"], "y": kinds.LABEL}
        batches = accessor.dataset(Table.of(arrays), options)
        found.append(model.fit(batches, epochs=2, verbose=0).history)
    assert found[0].keys() == found[1].keys()
    for name, values in found[1].items():
        assert found[0][name] == pytest.approx(values, abs=1e-5)


@pytest.mark.parametrize("cls", [ByTensorFlow, ByKeras, ByLayer, WithMetric])
def test_variables_of_the_attempt_are_gone(cls):
    expected = _history(cls, in_graphs=False)
    found = _history(cls, in_graphs=True)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, abs=1e-5)
