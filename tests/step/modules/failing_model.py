"""A model whose training goes wrong as `custom_config` says, for some of its values."""

from __future__ import annotations

import os
import signal
import tempfile
import time

import keras

from tuner_component import InfeasibleTrialError

_FEATURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)


def build_model(hp):
    hp.Choice("kind", ["fine", "infeasible", "nan", "raise", "kill", "hang"])
    hp.Choice("units", [1, 2, 3])
    inputs = {name: keras.layers.Input((1,), name=name) for name in _FEATURES}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(hidden))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class _Fault(keras.callbacks.Callback):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def on_train_begin(self, logs=None):
        if self.how == "infeasible":
            raise InfeasibleTrialError("there is no such model")
        if self.how == "nan":
            self.model.optimizer.learning_rate.assign(float("inf"))
        if self.how == "raise":
            raise ArithmeticError("the model code cannot do this")
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "leave":
            os.chdir(tempfile.mkdtemp())
        if self.how == "hang":
            time.sleep(3600)


def fit_args(hp, fn_args):
    only = fn_args.custom_config.get("only")
    return {"callbacks": [_Fault(only or hp.get("kind"))]}
