"""A module of the second level: only a model."""

from __future__ import annotations

from pathlib import Path

import keras

_FEATURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)


def build_model(hp, fn_args):
    inputs = {name: keras.layers.Input((1,), name=name) for name in _FEATURES}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    for layer in range(hp.Int("num_layers", 1, 2)):
        hidden = keras.layers.Dense(hp.Choice(f"units_{layer}", [4, 8]), "relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    model.compile(
        keras.optimizers.Adam(hp.Choice("learning_rate", [0.1, 0.01])),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    hp.Choice("batch_size", [20, 30])
    return model


def run_fn(fn_args):
    """Trains the winner, in the stock Trainer."""
    import keras_tuner

    hp = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    Path(fn_args.serving_model_dir).mkdir(parents=True)
    model = build_model(hp, fn_args)
    model.save_weights(f"{fn_args.serving_model_dir}/best.weights.h5")
