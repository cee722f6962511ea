from __future__ import annotations

import re

import keras
import pytest
import tensorflow as tf

from tuner_component.errors import PreflightError
from tuner_component.model_inputs import check, why_uneven

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


_RAGGED = tf.ragged.constant([[1.0, 2.0], [], [3.0]])
_LISTS = {"sparse": _RAGGED.to_sparse(), "ragged": _RAGGED, "dense": tf.zeros((3, 2))}


def _taking(shape):
    inputs = {name: keras.Input(shape, name=name) for name in ("age", "list")}
    return keras.Model(inputs, [keras.layers.Identity()(t) for t in inputs.values()])


@pytest.mark.parametrize("kind", _LISTS)
def test_lists_that_are_shorter_than_an_input_are_explained(kind):
    batch = {"age": tf.zeros((3, 7)), "list": _LISTS[kind]}
    told = why_uneven(_taking((7,)), batch)
    pattern = r"'list' has lists of different lengths.*: \(2,\) in.* takes \(7,\)"
    assert re.search(pattern, told) if kind != "dense" else not told
    assert not why_uneven(_taking((2,)), batch)
    assert not why_uneven(_taking((None,)), batch)
