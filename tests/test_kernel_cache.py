"""Prepared operations outlive a trial; random numbers are those of its seed alone."""

from __future__ import annotations

import itertools

import keras
import pytest
import tensorflow as tf

from tuner_component import kernel_cache, seeding

_seeds = itertools.count(41_000)


@pytest.fixture
def seed():
    """One that this process has not had."""
    return next(_seeds)


def stream():
    """Returns a prepared graph whose numbers go on while it stays prepared."""
    draw = tf.function(lambda: tf.random.uniform([], seed=3)).get_concrete_function()
    first = draw().numpy()
    return first, lambda: draw().numpy()


def test_a_new_seed_leaves_graphs_prepared(seed):
    first, draw = stream()
    seeding.seed(seed)
    assert draw() != first


def test_a_seed_that_comes_again_begins_anew(seed):
    seeding.seed(seed)
    first, draw = stream()
    eager = [tf.random.uniform([], seed=5).numpy() for _ in range(2)]
    seeding.seed(seed)
    assert draw() == first
    assert [tf.random.uniform([], seed=5).numpy() for _ in range(2)] == eager


def test_what_ran_before_does_not_change_a_trial():
    first, second = next(_seeds), next(_seeds)

    def drawn():
        return [
            *tf.random.uniform([2], seed=5).numpy(),
            *tf.random.normal([2]).numpy(),
            *keras.random.normal([2]).numpy(),
            *keras.layers.Dropout(0.5)(tf.ones([8]), training=True).numpy(),
        ]

    seeding.seed(first)
    drawn()
    seeding.seed(second)
    after_another = drawn()
    seeding.seed(second)
    assert drawn() == after_another


def test_a_new_session_of_keras_drops_nothing_where_it_is_kept():
    first, draw = stream()
    with kernel_cache.kept():
        keras.backend.clear_session()
    assert draw() != first
    keras.backend.clear_session()
    assert draw() == first
