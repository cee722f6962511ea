"""The user modules, loaded as TFX loads them: side by side, not as a package."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import pipelines

FOLDER = Path(pipelines.__file__).parent / "modules"


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("tabular", "taxi"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module


def _sparse(values):
    return tf.SparseTensor([[0, 0], [2, 0]], values, [3, 1])


@pytest.mark.parametrize("name", ["tabular", "taxi"])
def test_a_module_has_what_the_steps_call(load, name):
    module = load(name)
    for function in ("preprocessing_fn", "build_model", "fit_args", "run_fn"):
        assert callable(getattr(module, function))


def test_gaps_are_filled(load):
    filled = load("tabular").filled
    assert filled(_sparse([1.0, 3.0]), 9.0).numpy().tolist() == [[1.0], [9.0], [3.0]]
    assert filled(_sparse(["a", "b"]), "").numpy().tolist() == [[b"a"], [b""], [b"b"]]
    assert filled(tf.constant([[1], [2]]), 0).numpy().tolist() == [[1], [2]]


def test_each_column_is_scaled_on_its_own(load, tmp_path):
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam

    numbers = {"a": [0.0, 2.0], "constant": [3.0, 3.0], "count": [10, 40]}
    rows = [{k: [v[row]] for k, v in numbers.items()} for row in range(2)]
    spec = {
        name: tf.io.FixedLenFeature([1], tf.int64 if name == "count" else tf.float32)
        for name in numbers
    }
    metadata = tft.DatasetMetadata.from_feature_spec(spec)
    scale = tft_beam.AnalyzeAndTransformDataset(load("tabular").z_scores)
    with tft_beam.Context(temp_dir=str(tmp_path)):
        (scaled, _), _ = (rows, metadata) | scale
    found = {name: [float(row[name][0]) for row in scaled] for name in numbers}
    assert found == {"a": [-1, 1], "constant": [0, 0], "count": [-1, 1]}


def test_a_number_is_predicted_as_it_is(load):
    label = load("tabular").target(tf.constant([[3], [5]]), "regression")
    assert label.dtype == tf.float32
    assert np.array_equal(label, [[3.0], [5.0]])


def test_a_label_that_is_no_column_is_named(load):
    config = {"label": "prize", "task": "regression"}
    with pytest.raises(ValueError, match=r"'prize' is not a column of \['price'\]"):
        load("tabular").preprocessing_fn({"price": tf.constant([[1.0]])}, config)


def test_a_label_with_gaps_is_refused(load):
    config = {"label": "price", "task": "regression"}
    with pytest.raises(ValueError, match="'price' is missing in some of the rows"):
        load("tabular").preprocessing_fn({"price": _sparse([1.0, 2.0])}, config)


def test_every_column_becomes_a_feature_that_a_model_can_be_saved_with(load, tmp_path):
    tabular, label = load("tabular"), "Price ($)"
    columns = {name: tf.zeros([2, 1]) for name in ("a/b", "a b", "größe", "<b>", label)}
    tabular.z_scores = dict
    config = {"label": label, "task": "regression"}
    features = tabular.preprocessing_fn(columns, config)
    assert len(features) == len(columns)
    del features["Price ($)_xf"]
    inputs = {name: keras.Input((1,), name=name) for name in features}
    model = keras.Model(inputs, keras.layers.Concatenate()(list(inputs.values())))
    model.export(tmp_path / "model", verbose=False)


def test_training_ends_with_its_best_weights(load):
    stopping = load("tabular").fit_args(None)["callbacks"]
    assert [callback.restore_best_weights for callback in stopping] == [True]
