"""A model for TFX's transformed taxi data: every feature is taken as a number."""

from __future__ import annotations

import keras
import tensorflow_transform as tft

LABEL = "tips_xf"


def build_model(hp, fn_args):
    spec = tft.TFTransformOutput(
        fn_args.transform_graph_path
    ).transformed_feature_spec()
    inputs = {
        name: keras.Input((1,), name=name, dtype=feature.dtype.name)
        for name, feature in spec.items()
        if name != LABEL
    }
    columns = [keras.layers.Rescaling(1.0)(tensor) for tensor in inputs.values()]
    hidden = keras.layers.BatchNormalization()(keras.layers.Concatenate()(columns))
    hidden = keras.layers.Dense(hp.Choice("units", [8, 16]), "relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile(
        keras.optimizers.Adam(hp.Choice("learning_rate", [0.01, 0.003])),
        "binary_crossentropy",
        metrics=["accuracy"],
    )
    return model
