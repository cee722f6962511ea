from __future__ import annotations

import os
import re

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

from tests.nas.morphs import (  # noqa: E402
    FEATURES,
    IMAGE,
    MORPHS,
    Morph,
    examples,
    model,
    morph,
    shaken,
)
from tuner_component.nas.weights import transfer  # noqa: E402

MOST = 1e-5


def pair(how: Morph, library=keras):
    library.utils.set_random_seed(0)
    parent, child = (model(library, how, is_child=c) for c in (False, True))
    shaken(parent, 1)
    return parent, child


def difference(how: Morph, parent, child) -> float:
    x = examples(how)
    before, after = (m(x, training=False).numpy() for m in (parent, child))
    return float(np.abs(before - after).max())


@pytest.mark.parametrize("name", MORPHS)
def test_a_child_begins_with_the_function_of_its_parent(name):
    parent, child = pair(MORPHS[name])
    done = morph(parent, child, 0)
    assert difference(MORPHS[name], parent, child) <= MOST
    assert set(MORPHS[name].fates) <= done.counts.keys()
    assert "fresh" not in done.counts
    assert parent.count_params() <= child.count_params()


@pytest.mark.parametrize("name", ["residual by add, wider", "all at once"])
def test_so_does_one_of_tf_keras(name):
    tf_keras = pytest.importorskip("tf_keras")
    parent, child = pair(MORPHS[name], tf_keras)
    morph(parent, child, 0)
    assert difference(MORPHS[name], parent, child) <= MOST


def test_the_seed_decides_which_units_are_repeated():
    how = MORPHS["conv, wider"]

    def kernel(seed: int):
        parent, child = pair(how)
        morph(parent, child, seed)
        return child.layers[1].get_weights()[0]

    assert np.array_equal(kernel(0), kernel(0))
    assert not np.array_equal(kernel(0), kernel(1))


def gradients(of, x, y):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(of(x, training=False) - y))
    return tape.gradient(loss, [v.value for v in of.trainable_variables])


@pytest.mark.parametrize(
    "name", ["dense, wider", "conv, wider", "BatchNorm, wider", "residual by add, wider", "branches by concat, wider", "depthwise and separable, wider"]
)  # fmt: skip
def test_what_adam_remembers_are_the_gradients_that_the_child_would_have_had(name):
    parent, child = pair(MORPHS[name])
    x = examples(MORPHS[name])
    y = np.ones(parent(x).shape, "float32")
    parent.optimizer.build(parent.trainable_variables)
    parent.optimizer.iterations.assign(7)
    for place, gradient in enumerate(gradients(parent, x, y)):
        parent.optimizer._momentums[place].assign(gradient)
        parent.optimizer._velocities[place].assign(np.square(gradient))
    assert morph(parent, child, 0).num_slots == 2
    for place, gradient in enumerate(gradients(child, x, y)):
        remembered = child.optimizer._momentums[place].numpy()
        np.testing.assert_allclose(remembered, gradient, rtol=1e-4, atol=1e-5)
        squared = child.optimizer._velocities[place].numpy()
        np.testing.assert_allclose(squared, np.square(gradient), rtol=1e-4, atol=1e-5)
    assert int(child.optimizer.iterations.numpy()) == 0  # The first steps are small.


def test_new_layers_have_the_usual_mean_squares_and_no_momentum():
    parent, child = pair(MORPHS["dense, deeper"])
    x = examples(MORPHS["dense, deeper"])
    parent.fit(x, np.ones((len(x), 3)), epochs=3, verbose=0)
    morph(parent, child, 0)
    known, new = parent.optimizer._velocities, child.optimizer._velocities[2].numpy()
    usual = np.mean([known[0].numpy().mean(), known[2].numpy().mean()])
    np.testing.assert_allclose(new, np.full((7, 7), usual), rtol=1e-5)
    assert not child.optimizer._momentums[2].numpy().any()


@pytest.mark.parametrize(
    ("optimizer", "num_slots"),
    [
        (lambda o: o.SGD(0.1, momentum=0.9), 1),
        (lambda o: o.RMSprop(0.01, momentum=0.9, centered=True), 3),
        (lambda o: o.Adagrad(0.1), 1),
        (lambda o: o.Adadelta(0.1), 2),
        (lambda o: o.AdamW(0.01, amsgrad=True), 3),
        (lambda o: o.Adamax(0.01), 2),
        (lambda o: o.Nadam(0.01), 2),
        (lambda o: o.Lion(0.01), 1),
        (lambda o: o.SGD(0.1), 0),
        (lambda o: o.Ftrl(0.1), 0),
        (lambda o: o.Adam(keras.optimizers.schedules.CosineDecay(0.1, 9)), 0),
    ],
)
def test_the_slots_of_an_optimizer_go_along(optimizer, num_slots):
    how = MORPHS["dense, wider and deeper"]
    parent, child = pair(how)
    for each in (parent, child):
        each.compile(optimizer(keras.optimizers), "mse")
    x = examples(how)
    parent.fit(x, np.ones((len(x), 3)), epochs=2, verbose=0)
    assert morph(parent, child, 0).num_slots == num_slots
    assert difference(how, parent, child) <= MOST
    child.fit(x, np.ones((len(x), 3)), epochs=1, verbose=0)
    assert np.isfinite(child.predict(x, verbose=0)).all()


def test_another_optimizer_begins_anew():
    parent, child = pair(MORPHS["dense, wider"])
    child.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    x = examples(MORPHS["dense, wider"])
    parent.fit(x, np.ones((len(x), 3)), verbose=0)
    assert morph(parent, child, 0).num_slots == 0


def _activation(name):
    def build(layers, child, x):
        for _ in range(2 if child else 1):
            x = layers.Dense(7, name)(x)
        return layers.Dense(3)(x)

    return Morph(build, FEATURES, ())


def _narrower(layers, child, x):
    return layers.Dense(3)(layers.Dense(4 if child else 7, "relu")(x))


def _unmatched_summand(layers, child, x):
    half = 4 if child else 3
    parts = layers.Concatenate()([layers.Dense(half)(x), layers.Dense(half)(x)])
    return layers.Dense(3)(layers.Add()([parts, layers.Dense(2 * half, "relu")(x)]))


def _valid(layers, child, x):
    for _ in range(2 if child else 1):
        x = layers.Conv2D(4, 3, activation="relu")(x)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _even(layers, child, x):
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    if child:
        x = layers.Conv2D(4, 2, padding="same", activation="relu")(x)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _pooled(layers, child, x):
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    if child:
        x = layers.MaxPooling2D()(x)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _softmax(layers, child, x):
    return layers.Dense(3)(layers.Dense(9 if child else 7, "softmax")(x))


def _layer_norm(layers, child, x):
    x = layers.LayerNormalization()(layers.Dense(9 if child else 7)(x))
    return layers.Dense(3)(x)


def _sum_of_two(layers, child, x):
    left = layers.Dense(5, "relu")(x)
    x = layers.Dense(5, "tanh")(left)
    return layers.Dense(3)(layers.Add()([x, left]) if child else x)


def _unscaled(layers, child, x):
    x = layers.Dense(5, "relu")(x)
    return layers.Dense(3)(layers.BatchNormalization(scale=False)(x) if child else x)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (_activation("tanh"), "new activation 'dense.*' is 'tanh', which changes"),
        (_activation("gelu"), "'gelu', which changes what it reads"),
        (Morph(_narrower, FEATURES, ()), "has 4 units in place of 7; expected at least"),
        (Morph(_unmatched_summand, FEATURES, ()), "have become wider in different ways"),
        (Morph(_valid, IMAGE, ()), "padding='valid'; expected strides of 1 and 'same'"),
        (Morph(_even, IMAGE, ()), r"kernel of \(2, 2\); expected odd sizes"),
        (Morph(_pooled, IMAGE, ()), "'max_pool.*' changes what it reads"),
        (Morph(_softmax, FEATURES, ()), "softmax, which depends on all units together"),
        (Morph(_layer_norm, FEATURES, ()), "cannot be changed in its size"),
        (Morph(_sum_of_two, FEATURES, ()), "adds layers of the parent that it did not"),
        (Morph(_unscaled, FEATURES, ()), "no scale or no centre of its own"),
    ],
)  # fmt: skip
def test_a_morphism_that_a_block_does_not_allow_is_named(how, message):
    assert re.search(message, transfer(*pair(how), 0).why_not[0])


def test_what_fits_is_copied_all_the_same():
    parent, child = pair(_activation("tanh"))
    first, last = child.layers[1], child.layers[-1]
    done = transfer(parent, child, 0)
    assert done.counts == {"copied": 2, "identity": 1}
    assert len(done.why_not) == 2
    assert np.array_equal(first.kernel, parent.layers[1].kernel)
    assert np.array_equal(last.kernel, parent.layers[-1].kernel)


def test_layers_of_a_model_without_a_graph_are_copied_where_they_fit():
    class Two(keras.Model):
        def __init__(self, units):
            super().__init__()
            self.first, self.last = keras.layers.Dense(5), keras.layers.Dense(units)

        def call(self, x):
            return self.last(self.first(x))

    parent, child = Two(3), Two(4)
    for each in (parent, child):
        each(np.zeros((1, 6), "float32"))
    done = transfer(parent, child, 0)
    assert done.counts == {"copied": 1, "fresh": 1}
    assert done.why_not
    assert np.array_equal(parent.first.kernel, child.first.kernel)


def test_a_model_within_a_model_is_part_of_it():
    def build(layers, child, x):
        units = 9 if child else 5
        within = [layers.Dense(units, "relu")]
        if child:
            within.append(layers.Dense(units, "relu"))
        return layers.Dense(3)(keras.Sequential(within)(layers.Dense(6)(x)))

    how = Morph(build, FEATURES, ())
    parent, child = pair(how)
    counts = morph(parent, child, 0).counts
    assert counts == {"copied": 1, "widened": 2, "identity": 1}
    assert difference(how, parent, child) <= MOST


def test_layers_that_are_called_twice_stay_as_they_are():
    def build(layers, child, x):
        shared = layers.Dense(6, "relu")
        x = shared(shared(x))
        return layers.Dense(3)(layers.Dense(9 if child else 5, "relu")(x))

    how = Morph(build, FEATURES, ())
    parent, child = pair(how)
    assert morph(parent, child, 0).counts == {"copied": 2, "widened": 2}
    assert difference(how, parent, child) <= MOST
