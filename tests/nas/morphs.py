"""Parents and children on every block whose function a morphism keeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tuner_component.nas.weights import Transfer, transfer

FEATURES, IMAGE = (6,), (8, 8, 3)


@dataclasses.dataclass(frozen=True)
class Morph:
    """A change of a network that keeps its function.

    Attributes:
        build: library, whether it is the child -> layers applied to an input.
        shape: Of an example.
        fates: What becomes of the child's layers with weights, at the least.
    """

    build: Callable[[Any, bool, Any], Any]
    shape: tuple[int, ...]
    fates: tuple[str, ...]


def model(library: Any, morph: Morph, *, is_child: bool) -> Any:
    inputs = library.Input(morph.shape)
    outputs = morph.build(library.layers, is_child, inputs)
    made = library.Model(inputs, outputs)
    made.compile(library.optimizers.Adam(0.01), "mse")
    return made


def shaken(made: Any, seed: int) -> None:
    """Gives all weights values as after a training, those of statistics too."""
    generator = np.random.default_rng(seed)
    for variable in made.weights:
        if np.issubdtype(np.dtype(variable.numpy().dtype), np.floating):
            shape = tuple(variable.shape)
            values = generator.normal(0, 0.3, shape)
            name = variable.name.split("/")[-1]
            if "variance" in name or "gamma" in name:
                values = np.abs(values) + 0.5
            variable.assign(values.astype("float32"))


def examples(morph: Morph, count: int = 16) -> np.ndarray:
    generator = np.random.default_rng(5)
    return generator.normal(size=(count, *morph.shape)).astype("float32")


def morph(parent: Any, child: Any, seed: int) -> Transfer:
    """Gives a child its parent's weights, and its function."""
    done = transfer(parent, child, seed)
    assert done.why_not == ()
    return done


def _dense_wider(layers, child, x):
    x = layers.Dense(12 if child else 7, "relu")(x)
    x = layers.Dense(9 if child else 5, "tanh")(x)
    return layers.Dense(3, "softmax")(x)


def _dense_deeper(layers, child, x):
    x = layers.Dense(7, "relu")(x)
    if child:
        x = layers.Dense(7, "relu")(x)
    return layers.Dense(3)(x)


def _dense_wider_and_deeper(layers, child, x):
    x = layers.Dense(10 if child else 7, "relu")(x)
    if child:
        x = layers.Dropout(0.3)(x)
        x = layers.Dense(14, "relu")(x)
        x = layers.Dense(14)(x)
    return layers.Dense(3, "sigmoid")(x)


def _bottleneck(layers, child, x):
    x = layers.Dense(24 if child else 12)(x)
    x = layers.Dense(12 if child else 6, "relu")(x)
    if child:
        x = layers.Dense(12, "relu")(x)
    return layers.Dense(3)(x)


def _conv_wider(layers, child, x):
    x = layers.Conv2D(9 if child else 4, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(7 if child else 5, 3, strides=2, activation="swish")(x)
    x = layers.Flatten()(x)
    return layers.Dense(3)(x)


def _conv_deeper(layers, child, x):
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    if child:
        x = layers.Conv2D(4, 5, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(3)(x)


def _batch_norm_wider(layers, child, x):
    for old, new in ((4, 6), (5, 8)):
        x = layers.Conv2D(new if child else old, 3, use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.GlobalMaxPooling2D()(x)
    return layers.Dense(3)(x)


def _batch_norm_deeper(layers, child, x):
    for _ in range(3 if child else 1):
        x = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    x = layers.Flatten()(x)
    return layers.Dense(3)(x)


def _depthwise_wider(layers, child, x):
    x = layers.Conv2D(6 if child else 4, 1)(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.SeparableConv2D(8 if child else 5, 3, padding="same")(x)
    x = layers.LeakyReLU()(x)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _separable_deeper(layers, child, x):
    x = layers.SeparableConv2D(5, 3, padding="same", activation="relu")(x)
    if child:
        x = layers.SeparableConv2D(5, 3, padding="same", activation="relu")(x)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _block(layers, x, filters):
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(filters, 3, padding="same")(y)
    y = layers.BatchNormalization()(y)
    return layers.ReLU()(layers.Add()([x, y]))


def _residual_wider(layers, child, x):
    filters = 7 if child else 4
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = _block(layers, _block(layers, x, filters), filters)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _residual_deeper(layers, child, x):
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    for _ in range(3 if child else 1):
        x = _block(layers, x, 4)
    return layers.Dense(2)(layers.GlobalAveragePooling2D()(x))


def _concat_wider(layers, child, x):
    left = layers.Conv2D(5 if child else 3, 1, activation="relu")(x)
    right = layers.Conv2D(6 if child else 4, 3, padding="same")(x)
    x = layers.Concatenate()([left, right])
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(4, 3, activation="relu")(x)
    return layers.Dense(2)(layers.Flatten()(x))


def _dense_concat_wider(layers, child, x):
    parts = [x]
    for old, new in ((4, 6), (5, 5)):
        joined = layers.Concatenate()(parts) if len(parts) > 1 else x
        parts.append(layers.Dense(new if child else old, "relu")(joined))
    return layers.Dense(2)(layers.Concatenate()(parts))


def _concat_skip(layers, child, x):
    first = layers.Dense(7, "relu")(x)
    x = layers.Dense(5, "tanh")(first)
    if child:
        x = layers.Concatenate()([x, first])
    return layers.Dense(3)(x)


def _projected_skip(layers, child, x):
    first = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(6, 3, padding="same", activation="tanh")(first)
    if child:
        x = layers.Add()([x, layers.Conv2D(6, 1)(first)])
    return layers.Dense(3)(layers.Flatten()(x))


def _plain_skip(layers, child, x):
    first = layers.Dense(7, "relu")(x)
    x = layers.Dense(7)(first)
    if child:
        x = layers.Add()([x, first])
    return layers.Dense(3)(layers.Activation("relu")(x))


def _new_branch(layers, child, x):
    x = layers.Dense(7, "relu")(x)
    left, right = layers.Dense(5)(x), layers.Dense(5, "tanh")(x)
    summands = [left, right]
    if child:
        summands.append(layers.Dense(5, "tanh")(layers.Dense(9, "gelu")(x)))
    return layers.Dense(3)(layers.Add()(summands))


def _everything(layers, child, x):
    filters = 8 if child else 4
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    for _ in range(2 if child else 1):
        x = _block(layers, x, filters)
    x = layers.MaxPooling2D()(x)
    x = layers.Dense(9 if child else 6, "relu")(layers.Flatten()(x))
    if child:
        x = layers.Dense(9, "relu")(layers.Dropout(0.2)(x))
    return layers.Dense(3, "softmax")(x)


MORPHS = {
    "dense, wider": Morph(_dense_wider, FEATURES, ("widened",)),
    "dense, deeper": Morph(_dense_deeper, FEATURES, ("copied", "identity")),
    "dense, wider and deeper": Morph(_dense_wider_and_deeper, FEATURES, ("widened", "identity")),
    "dense, narrower than before": Morph(_bottleneck, FEATURES, ("widened", "identity")),
    "conv, wider": Morph(_conv_wider, IMAGE, ("widened",)),
    "conv, deeper": Morph(_conv_deeper, IMAGE, ("copied", "identity")),
    "BatchNorm, wider": Morph(_batch_norm_wider, IMAGE, ("widened",)),
    "BatchNorm, deeper": Morph(_batch_norm_deeper, IMAGE, ("copied", "identity")),
    "depthwise and separable, wider": Morph(_depthwise_wider, IMAGE, ("widened",)),
    "separable, deeper": Morph(_separable_deeper, IMAGE, ("copied", "identity")),
    "residual by add, wider": Morph(_residual_wider, IMAGE, ("widened",)),
    "residual by add, deeper": Morph(_residual_deeper, IMAGE, ("copied", "silent")),
    "branches by concat, wider": Morph(_concat_wider, IMAGE, ("widened",)),
    "dense connections by concat, wider": Morph(_dense_concat_wider, FEATURES, ("widened",)),
    "skip by concat": Morph(_concat_skip, FEATURES, ("copied", "widened")),
    "skip by add, projected": Morph(_projected_skip, IMAGE, ("copied", "silent")),
    "skip by add, plain": Morph(_plain_skip, FEATURES, ("copied",)),
    "new branch of a sum": Morph(_new_branch, FEATURES, ("copied", "silent")),
    "all at once": Morph(_everything, IMAGE, ("widened", "identity", "silent")),
}  # fmt: skip
