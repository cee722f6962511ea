from __future__ import annotations

import pytest
import tensorflow as tf

from pipelines.scoring import score


@pytest.fixture
def split(tmp_path):
    """Ten rows: x from 0 to 9."""
    folder = tmp_path / "Split-eval"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
        for x in range(10):
            feature = tf.train.Feature(float_list=tf.train.FloatList(value=[x]))
            features = tf.train.Features(feature={"x": feature})
            writer.write(tf.train.Example(features=features).SerializeToString())
    return folder


def _save(folder, predict, label):
    spec = {"x": tf.io.FixedLenFeature([1], tf.float32)}
    serialized = tf.TensorSpec([None], tf.string, name="examples")

    @tf.function(input_signature=[serialized])
    def serving_default(examples):
        return {"outputs": predict(tf.io.parse_example(examples, spec)["x"])}

    @tf.function(input_signature=[serialized])
    def transform_features(examples):
        return {"y_xf": label(tf.io.parse_example(examples, spec)["x"])}

    module = tf.Module()
    tf.saved_model.save(
        module,
        str(folder),
        signatures={
            "serving_default": serving_default,
            "transform_features": transform_features,
        },
    )
    return folder


def test_accuracy_beside_the_most_frequent_class(split, tmp_path):
    model = _save(
        tmp_path / "model",
        lambda x: tf.concat([5.5 - x, x - 5.5], axis=1),  # class 1 from 6 on
        lambda x: tf.cast(x >= 7, tf.int64),
    )
    result = score(model, split, "y_xf", "classification")
    assert result.metric == "accuracy"
    assert result.value == pytest.approx(0.9)
    assert result.baseline == pytest.approx(0.7)
    assert result.num_rows == 10


def test_error_beside_the_median(split, tmp_path):
    model = _save(tmp_path / "model", lambda x: x + 1.0, lambda x: 2.0 * x)
    result = score(model, split, "y_xf", "regression")
    assert result.metric == "mean absolute error"
    assert result.value == pytest.approx(
        sum(abs(x + 1 - 2 * x) for x in range(10)) / 10
    )
    assert result.baseline == pytest.approx(sum(abs(2 * x - 9) for x in range(10)) / 10)
