"""Pairs of models of one structure, which differ in numbers only."""

from __future__ import annotations

import keras

layers = keras.layers
TOLERANCE = 1e-4
# Its numbers have 8 bits: processors that multiply them in hardware round differently.
TOLERANCE_OF_BFLOAT16 = 1e-2


def make_model(optimizer, units=8, rate=0.3, l2=0.01, noise=0.1, dtype=None, loss=None):
    inputs = layers.Input((6,), name="x")
    penalty = keras.regularizers.L1L2(0.001, l2)
    hidden = layers.Dense(units, "relu", kernel_regularizer=penalty, dtype=dtype)(
        inputs
    )
    hidden = layers.Dropout(rate, dtype=dtype)(hidden)
    hidden = layers.GaussianNoise(noise)(hidden)
    outputs = layers.Dense(3, activation="softmax", kernel_regularizer="l2")(hidden)
    model = keras.Model({"x": inputs}, outputs)
    loss = loss or "sparse_categorical_crossentropy"
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


def _decaying(rate, decay):
    schedule = keras.optimizers.schedules.ExponentialDecay(rate, 10, decay)
    return keras.optimizers.SGD(schedule, momentum=0.5)


ADAM = keras.optimizers.Adam
PAIRS = {
    "rates": (
        lambda: make_model(lambda: ADAM(0.01)),
        lambda: make_model(lambda: ADAM(0.05), rate=0.6, l2=0.2, noise=0.5),
    ),
    "bfloat16": (
        lambda: make_model(lambda: ADAM(0.01), dtype="mixed_bfloat16"),
        lambda: make_model(
            lambda: ADAM(0.01), dtype="mixed_bfloat16", rate=0.6, l2=0.2
        ),
    ),
    "adamw": (
        lambda: make_model(lambda: keras.optimizers.AdamW(0.01, 0.01, 0.8, 0.99, 1e-3)),
        lambda: make_model(lambda: keras.optimizers.AdamW(0.01, 0.3, 0.5, 0.7, 1e-2)),
    ),
    "rmsprop": (
        lambda: make_model(lambda: keras.optimizers.RMSprop(0.01, 0.8, 0.5, 1e-3)),
        lambda: make_model(lambda: keras.optimizers.RMSprop(0.01, 0.5, 0.9, 1e-2)),
    ),
    "schedule": (
        lambda: make_model(lambda: _decaying(0.1, 0.9)),
        lambda: make_model(lambda: _decaying(0.3, 0.5)),
    ),
}
