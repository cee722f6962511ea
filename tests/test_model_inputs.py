from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from tuner_component.errors import PreflightError
from tuner_component.model_inputs import check

FEATURES = {
    "age": tf.TensorSpec((None, 1), tf.float32),
    "name": tf.TensorSpec((None, 1), tf.string),
}


def _model(as_dict, **dtypes):
    inputs = {n: keras.Input((1,), name=n, dtype=dtype) for n, dtype in dtypes.items()}
    outputs = [keras.layers.Identity()(tensor) for tensor in inputs.values()]
    return keras.Model(inputs if as_dict else list(inputs.values()), outputs)


@pytest.mark.parametrize("as_dict", [True, False])
@pytest.mark.parametrize(
    ("dtypes", "message"),
    [
        ({"age": "float32", "ago": "float32"}, "input 'ago'.*Did you mean 'age'"),
        ({"age": "float32", "name": "float32"}, "'name' holds strings.*float32"),
    ],
)
def test_what_does_not_fit_is_explained(as_dict, dtypes, message):
    with pytest.raises(PreflightError, match=message):
        check(_model(as_dict, **dtypes), FEATURES)


@pytest.mark.parametrize("as_dict", [True, False])
def test_what_fits_passes(as_dict):
    check(_model(as_dict, age="float32", name="string"), FEATURES)


def test_a_model_without_named_inputs_is_left_to_keras():
    check(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), FEATURES)
    check(keras.Sequential([keras.layers.Dense(1)]), FEATURES)
