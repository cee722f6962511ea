from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from tuner_component.model_export import export


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        (("sq ft", "größe", "<b>"), {"sq_ft", "gr__e", "x_b_"}),
        (("a b", "a_b"), {"a_b", "a_b_"}),
        (("units", "rate"), {"units", "rate"}),
    ],
)
def test_a_model_is_saved_whatever_its_inputs_are_called(names, arguments, tmp_path):
    inputs = {name: keras.Input((1,), name=name) for name in names}
    model = keras.Model(inputs, keras.layers.Concatenate()(list(inputs.values())))
    export(model, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    signature = loaded.signatures["serving_default"]
    assert set(signature.structured_input_signature[1]) == arguments
    rows = {name: tf.ones((2, 1)) for name in names}
    assert loaded.serve(rows).shape == (2, len(names))


def test_a_model_with_a_single_input_is_saved_as_ever(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    export(model, str(tmp_path))
    assert tf.saved_model.load(str(tmp_path)).serve(tf.ones((2, 3))).shape == (2, 1)
