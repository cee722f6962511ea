"""A user module that stays with Keras 2."""

import keras_tuner
import numpy as np
import tf_keras
from keras_tuner import Hyperband, RandomSearch

OBJECTIVE = keras_tuner.Objective("val_loss", "min")


def load(name):
    return {"random": random_search, "hyperband": hyperband}[name], None


def build_model(hp):
    hidden = tf_keras.layers.Dense(hp.Choice("units", [1, 2, 4]), input_shape=(2,))
    model = tf_keras.Sequential([hidden, tf_keras.layers.Dense(1)])
    sgd = tf_keras.optimizers.SGD(hp.Choice("rate", [0.01, 0.02]))
    model.compile(sgd, "mse", run_eagerly=True)
    return model


def fit_kwargs(**more):
    x = np.linspace(-1, 1, 40, dtype="float32").reshape(20, 2)
    y = x.sum(axis=1, keepdims=True)
    return {"x": x, "y": y, "validation_data": (x, y), "verbose": 0, **more}


def random_search(fn_args):
    tuner = RandomSearch(build_model, OBJECTIVE, max_trials=2, seed=1)
    return tuner, fit_kwargs(epochs=2, callbacks=[tf_keras.callbacks.TerminateOnNaN()])


def hyperband(fn_args):
    return Hyperband(build_model, OBJECTIVE, max_epochs=3, factor=2), fit_kwargs()
