"""The same training by `fit` and by graphs."""

from __future__ import annotations

import keras
import numpy as np

from tests.training import kinds
from tuner_component import training
from tuner_component.data import LABEL, Split

SEED, BATCH_SIZE, EPOCHS = 3, 16, 3
WEIGHT = np.linspace(0.2, 2.0, kinds.NUM_EXAMPLES).astype("float32")


def curves(build, *, weighted=False, steps=None, validation_steps=None, **fit):
    """Returns the histories of `fit` and of graphs, and the variables of both.

    `callbacks` is a function that makes them.
    """
    found = []
    for by in (_by_fit, _by_graphs):
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(SEED)
        model = build()
        made = {"callbacks": fit["callbacks"]()} if "callbacks" in fit else {}
        by(model, weighted, steps, validation_steps, {**fit, **made})
        variables = [*model.variables, *model.optimizer.variables]
        found.append((model.history.history, [np.array(v) for v in variables]))
    return found


def largest_difference(ours, theirs):
    if ours.keys() != theirs.keys():
        raise ValueError(f"{sorted(ours)} are not {sorted(theirs)}")
    return max(np.abs(np.subtract(ours[name], theirs[name])).max() for name in ours)


def _arrays(model):
    names = [tensor.name for tensor in model.inputs] if model.built else ["x"]
    features = {name: kinds.FEATURES[name] for name in names}
    return {**features, LABEL: kinds.LABEL}


def _label(model, label):
    if model.built and isinstance(getattr(model, "output", None), dict):
        return dict.fromkeys(model.output, label)
    return label


def _by_fit(model, weighted, steps, validation_steps, fit):
    split = Split(None, {**_arrays(model), "weight": WEIGHT})
    batches, num_batches = split.epochs(BATCH_SIZE, seed=SEED, steps=steps)

    def given(features, label):
        features = dict(features)
        weight = features.pop("weight")
        given = (features, _label(model, label), weight)
        return given if weighted else given[:2]

    model.fit(
        batches.map(given),
        steps_per_epoch=num_batches,
        validation_data=split.batches(
            BATCH_SIZE, repeat=validation_steps is not None
        ).map(given),
        validation_steps=validation_steps,
        epochs=EPOCHS,
        verbose=0,
        **fit,
    )


def _by_graphs(model, weighted, steps, validation_steps, fit):
    import tensorflow as tf

    found = training.examples_of(_arrays(model))
    weight = tf.constant(WEIGHT) if weighted else None
    label = _label(model, found.label)
    examples = training.Examples(found.features, label, weight)
    fit = dict(fit)
    callbacks = fit.pop("callbacks", [])
    if why_not := training.why_not(model, fit, callbacks):
        raise ValueError(why_not)
    plan = training.Plan(
        train=examples,
        rows=training.shuffled(kinds.NUM_EXAMPLES, BATCH_SIZE, SEED, steps),
        steps=steps or -(-kinds.NUM_EXAMPLES // BATCH_SIZE),
        validation=examples,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        validation_steps=validation_steps,
        **fit,
    )
    if why_not := training.fit(model, plan, callbacks):
        raise ValueError(why_not)
