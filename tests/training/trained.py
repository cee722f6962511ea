"""Models that Keras' own `fit` has trained, with a graph for each epoch and without."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import kinds
from tests.training.compared import largest_difference
from tuner_component import training
from tuner_component.training import support

TOLERANCE = 1e-4
BATCH_SIZE = 16


def dataset(model, seed=5):
    names = [tensor.name for tensor in model.inputs] if model.built else ["x"]
    features = {name: kinds.FEATURES[name] for name in names}
    label = kinds.LABEL
    if model.built and isinstance(getattr(model, "output", None), dict):
        label = dict.fromkeys(model.output, label)
    whole = tf.data.Dataset.from_tensor_slices((features, label))
    # Anew in each pass, the order would depend on how far TensorFlow reads ahead.
    fixed = whole.shuffle(50, seed, reshuffle_each_iteration=False)
    return fixed.batch(BATCH_SIZE)


def _as_it_is(batches):
    return batches


def trained(build, *, in_graphs, is_shared=True, arrays=False, data=_as_it_is, **fit):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    model = build()
    if in_graphs:
        training.fit_in_graphs(model, is_shared=is_shared)
    if arrays:
        fit = {"x": {"x": kinds.FEATURES["x"]}, "y": kinds.LABEL, **fit}
    else:
        batches = data(dataset(model))
        fit = {"x": batches, "validation_data": batches.take(4), **fit}
    if "callbacks" in fit:
        fit["callbacks"] = fit["callbacks"]()
    history = model.fit(epochs=3, verbose=0, **fit)
    variables = [*model.variables, *model.optimizer.variables]
    return history.history, [np.array(v) for v in variables]


def assert_second_is_fit(first, second, **fit):
    trained(first, in_graphs=True, **fit)
    theirs, their_variables = trained(second, in_graphs=False, **fit)
    ours, our_variables = trained(second, in_graphs=True, **fit)
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)
    assert not support._said
