"""Prepared operations outlive a trial; random numbers are those of its seed alone."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import context

from tuner_component import kernel_cache
from tuner_component.keras_trials import seeding


@pytest.fixture(autouse=True)
def dropped(monkeypatch):
    """How often TensorFlow has really dropped what is prepared."""
    kernel_cache.keep()
    drop, seen = pywrap_tfe.TFE_ContextClearCaches, []

    def noted(handle):
        seen.append(handle)
        drop(handle)

    monkeypatch.setattr(pywrap_tfe, "TFE_ContextClearCaches", noted)
    monkeypatch.setattr(kernel_cache, "_has_random", False)
    return seen


def drawn_by_keras():
    """Returns numbers of Keras' own layers and of the order of examples."""
    rows = tf.data.Dataset.range(20).shuffle(20)
    return [
        *np.ravel(keras.layers.Dense(3)(tf.ones([1, 3]))),
        *np.ravel(keras.layers.Dropout(0.5)(tf.ones([8]), training=True)),
        *keras.random.normal([2]).numpy(),
        *rows.as_numpy_iterator(),
    ]


def drawn_by_tensorflow():
    graph = tf.function(lambda: tf.random.uniform([2], seed=3))
    return [*tf.random.normal([2], seed=5).numpy(), *graph().numpy()]


def test_seeds_and_sessions_leave_graphs_prepared(dropped):
    seeding.seed(3)
    first = drawn_by_keras()
    keras.utils.set_random_seed(3)  # As a user's code may.
    keras.backend.clear_session()
    seeding.seed(3)
    assert drawn_by_keras() == first
    assert not dropped


def test_random_operations_begin_anew(dropped):
    seeding.seed(3)
    first = [*drawn_by_keras(), *drawn_by_tensorflow()]
    assert drawn_by_tensorflow() != first[-4:]
    seeding.seed(3)
    assert [*drawn_by_keras(), *drawn_by_tensorflow()] == first
    assert dropped


def test_so_do_those_of_a_graph_that_stays():
    @tf.function
    def draw():
        return tf.random.uniform([2])

    seeding.seed(3)
    first = draw().numpy().tolist()
    assert draw().numpy().tolist() != first
    tf.random.set_seed(3)
    assert draw().numpy().tolist() == first


def test_keeping_twice_is_keeping_once():
    before = context.pywrap_tfe
    kernel_cache.keep()
    assert context.pywrap_tfe is before
