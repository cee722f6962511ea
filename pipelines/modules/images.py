"""User code for square images of one channel, with an architecture that is searched.

Each example has the pixels as one feature, a row after the other, and a label. The
training is `tabular`'s.
"""

import math

import keras
import tensorflow as tf
import tensorflow_transform as tft
from tabular import compiled, entrance, fit_args, target, train, transformed_name

from tuner_component import nas

__all__ = ["build_model", "fit_args", "preprocessing_fn", "run_fn"]


def preprocessing_fn(inputs, custom_config):
    """Scales the pixels to 0..1 and numbers the classes."""
    label = custom_config["label"]
    outputs = {
        transformed_name(name): tft.scale_to_0_1(tf.cast(pixels, tf.float32))
        for name, pixels in inputs.items()
        if name != label
    }
    outputs[transformed_name(label)] = target(inputs[label], custom_config["task"])
    return outputs


def build_model(hp, fn_args):
    """Returns a stack of cells, all of one architecture, for small images."""
    inputs, pixels = entrance(fn_args)
    side = math.isqrt(pixels.shape[-1])
    image = keras.layers.Reshape((side, side, 1))(pixels)
    cell = nas.Cell(nas.convolutions(), num_nodes=4)
    # From about 8 x 8 on nothing is gained by looking at every pixel.
    width = hp.Choice("width", [8, 16], ordered=True)
    strides = 2 if side > 16 else 1
    tensor = cell(hp, image, width=width, strides=strides)
    tensor = cell(hp, tensor, width=2 * width, strides=2)
    hidden = keras.layers.GlobalAveragePooling2D()(tensor)
    hidden = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(hidden)
    return nas.limit(compiled(hp, fn_args, inputs, hidden), max_parameters=100_000)


def run_fn(fn_args):
    """Trains the best architecture and saves the model for serving."""
    train(fn_args, build_model)
