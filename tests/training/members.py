"""Models that train together, and each of them alone."""

from __future__ import annotations

import keras
import numpy as np

from tests.training import kinds
from tuner_component import training

NUM_MODELS, BATCH_SIZE, TOLERANCE = 3, 16, 2e-6
RATES = (0.003, 0.01, 0.03)


def _model(build, number):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(number)
    model = build()
    if hasattr(model.optimizer._learning_rate, "assign"):
        model.optimizer.learning_rate = RATES[number]
    return model


def _examples(model):
    names = [tensor.name for tensor in model.inputs] if model.built else ["x"]
    label = kinds.LABEL
    if model.built and isinstance(model.output, dict):
        label = dict.fromkeys(model.output, label)
    return training.Examples({name: kinds.FEATURES[name] for name in names}, label)


def _plan(examples, number):
    rows = training.shuffled(kinds.NUM_EXAMPLES, BATCH_SIZE, number)
    return training.Plan(examples, rows, 7, examples, BATCH_SIZE, 2 + number % 2)


def members_of(build, callbacks=list):
    models = [_model(build, number) for number in range(NUM_MODELS)]
    examples = _tensors(_examples(models[0]))
    return [
        training.Member(model, _plan(examples, number), callbacks())
        for number, model in enumerate(models)
    ]


def _tensors(examples):
    import tensorflow as tf

    columns = tf.nest.map_structure(tf.constant, examples.columns)
    return training.Examples(*columns)


def alone_of(build, callbacks=list):
    """Returns the history and the values of each: later ones share its variables."""
    found = []
    for member in members_of(build, callbacks):
        assert training.fit(member.model, member.plan, member.callbacks) == ""
        found.append((member.model.history.history, _values(member.model)))
    return found


def train_together(members):
    (group,) = training.groups_of(members)
    assert training.fit_together(group) == ""
    return members


def assert_same(together, alone):
    for ours, (expected, values) in zip(together, alone, strict=True):
        assert ours.error is None
        found = ours.model.history.history
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_allclose(found[name], expected[name], atol=TOLERANCE)
        for one, other in zip(_values(ours.model), values, strict=True):
            np.testing.assert_allclose(one, other, atol=TOLERANCE)


def _values(model):
    return [np.array(v) for v in [*model.variables, *model.optimizer.variables]]
