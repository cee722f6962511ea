"""User code for any CSV file, with a network whose architecture is searched.

The data and the training are `tabular`'s.
"""

import keras
from tabular import compiled, entrance, fit_args, preprocessing_fn, train

from tuner_component import nas

__all__ = ["build_model", "fit_args", "preprocessing_fn", "run_fn"]


def build_model(hp, fn_args):
    """Returns a network of branches that meet again, and of a chain after them."""
    inputs, hidden = entrance(fn_args)
    widths = (16, 32, 64, 128)
    blocks = nas.Branches(nas.dense(), max_branches=3, max_depth=2, widths=widths)
    layers = nas.Chain(nas.dense(), max_depth=3, widths=widths)
    hidden = layers(hp, blocks(hp, hidden))
    hidden = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(hidden)
    return nas.limit(compiled(hp, fn_args, inputs, hidden), max_parameters=100_000)


def run_fn(fn_args):
    """Trains the best architecture and saves the model for serving."""
    train(fn_args, build_model)
