"""One small model of each kind, and data for them."""

from __future__ import annotations

import keras
import numpy as np

layers = keras.layers
NUM_EXAMPLES = 101
_RNG = np.random.default_rng(0)
FEATURES = {
    "x": _RNG.normal(size=(NUM_EXAMPLES, 6)).astype("float32"),
    "image": _RNG.normal(size=(NUM_EXAMPLES, 8, 8, 1)).astype("float32"),
    "sequence": _RNG.normal(size=(NUM_EXAMPLES, 5, 3)).astype("float32"),
    "category": _RNG.integers(0, 7, (NUM_EXAMPLES, 1)),
}
LABEL = _RNG.integers(0, 3, (NUM_EXAMPLES, 1))


def _compiled(model, optimizer=None, **more):
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **more,
    )
    return model


def _classifier(name, body):
    inputs = layers.Input(FEATURES[name].shape[1:], name=name)
    outputs = layers.Dense(3, activation="softmax", dtype="float32")(body(inputs))
    return keras.Model([inputs], outputs)


def dense():
    return _compiled(_classifier("x", layers.Dense(8, "relu")))


def embeddings():
    return _compiled(
        _classifier("category", lambda x: layers.Flatten()(layers.Embedding(7, 4)(x)))
    )


def convolutions():
    def body(x):
        x = layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(x))
        return layers.Flatten()(x)

    return _compiled(_classifier("image", body))


def lstm():
    return _compiled(_classifier("sequence", layers.LSTM(4, dropout=0.2)))


def attention():
    def body(x):
        x = layers.MultiHeadAttention(2, 4, dropout=0.1, use_bias=False)(x, x)
        return layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))

    return _compiled(_classifier("sequence", body))


def batch_normalization():
    return _compiled(
        _classifier(
            "x", lambda x: layers.BatchNormalization()(layers.Dense(8, "relu")(x))
        )
    )


def dropout():
    def body(x):
        return layers.GaussianNoise(0.1)(layers.Dropout(0.4)(layers.Dense(8)(x)))

    return _compiled(_classifier("x", body))


def only_dropout():
    def body(x):
        x = layers.Reshape((4, 2))(layers.Dropout(0.4)(layers.Dense(8)(x)))
        return layers.Flatten()(layers.SpatialDropout1D(0.2)(x))

    return _compiled(_classifier("x", body))


def penalties():
    dense_layer = layers.Dense(
        8, "relu", kernel_regularizer="l2", activity_regularizer="l1"
    )
    adamw = keras.optimizers.AdamW(0.01, weight_decay=0.01, clipnorm=1.0)
    return _compiled(_classifier("x", dense_layer), adamw)


def bfloat16():
    return _compiled(_classifier("x", layers.Dense(8, "relu", dtype="mixed_bfloat16")))


def float16():
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 30)
    sgd = keras.optimizers.SGD(schedule, momentum=0.9)
    return _compiled(
        _classifier("x", layers.Dense(8, "relu", dtype="mixed_float16")),
        keras.optimizers.LossScaleOptimizer(sgd),
    )


def two_inputs_two_outputs():
    x = layers.Input((6,), name="x")
    sequence = layers.Input((5, 3), name="sequence")
    joined = layers.Concatenate()([x, layers.Flatten()(sequence)])
    outputs = {
        "kind": layers.Dense(3, activation="softmax", name="kind")(joined),
        "size": layers.Dense(1, name="size")(joined),
    }
    model = keras.Model([x, sequence], outputs)
    model.compile(
        keras.optimizers.RMSprop(0.01),
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.3},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    return model


class Subclassed(keras.Model):
    """Has no variables before it has seen data."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(8, "relu")
        self.dropout = layers.Dropout(0.3)
        self.out = layers.Dense(3, activation="softmax")

    def call(self, inputs, training=False):
        hidden = self.dropout(self.hidden(inputs["x"]), training=training)
        return self.out(hidden)


def subclassed():
    return _compiled(Subclassed())


def averaged():
    return _compiled(
        _classifier("x", layers.Dense(8)),
        keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True),
    )


class FirstScore(keras.metrics.Metric):
    """A metric that begins anew in its own way."""

    def __init__(self):
        super().__init__(name="first_score")
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(keras.ops.sum(y_pred[:, 0]))

    def result(self):
        return self.total + 1

    def reset_state(self):
        self.total.assign(np.zeros(()))


def own_metric():
    model = _classifier("x", layers.Dense(4))
    model.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=[FirstScore(), keras.metrics.SparseTopKCategoricalAccuracy(2)],
        weighted_metrics=["accuracy"],
    )
    return model


FAST = (dropout, penalties)
SLOW = (
    dense,
    batch_normalization,
    two_inputs_two_outputs,
    embeddings,
    convolutions,
    lstm,
    attention,
    bfloat16,
    float16,
    subclassed,
    averaged,
    own_metric,
)

BY_XLA = (
    only_dropout,
    penalties,
    dense,
    batch_normalization,
    two_inputs_two_outputs,
    embeddings,
    attention,
    lstm,
    averaged,
)
"""The first two are fast."""
