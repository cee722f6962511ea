"""Examples that cannot be read, where TensorFlow itself notices nothing or too much."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.step import fixtures as step_fixtures
from tuner_component.errors import PreflightError
from tuner_component.step import data_checks, data_sketch, tfx_inputs


@pytest.mark.parametrize("large", ["train", "eval", "neither"])
def test_a_split_that_is_not_read_does_not_excuse_the_other(
    large, tmp_path, monkeypatch
):
    """The sketch is given: a split over 1 GiB is too much for a test."""
    files = {split: str(tmp_path / f"{split}.gz") for split in ("train", "eval")}
    for file in files.values():
        with tf.io.TFRecordWriter(file, "GZIP") as writer:
            writer.write(tf.train.Example().SerializeToString())
        Path(file).write_bytes(Path(file).read_bytes()[:-4])
        assert len(list(tf.data.TFRecordDataset(file, "GZIP"))) == 1
    sketch = {
        split: {"num_bytes": 1 << 31} if split == large else {"num_examples": 1}
        for split in files
    }
    monkeypatch.setattr(data_sketch, "sketch", lambda args, schema: sketch)
    args = SimpleNamespace(train_files=[files["train"]], eval_files=[files["eval"]])
    named = "eval.gz" if large == "train" else "train.gz"
    with pytest.raises(PreflightError, match=f"Record 1 of .*{named} .* is cut off"):
        data_checks.readable_sketch(args, None, by_schema=True)


def test_a_tuner_fn_may_read_what_the_schema_does_not_describe(tmp_path):
    inputs = step_fixtures.write_inputs(tmp_path)
    args = _fn_args(inputs, tmp_path)
    schema = tfx_inputs.training_schema(args)
    known = data_checks.readable_sketch(args, schema, by_schema=True)
    (label,) = (f for f in schema.feature if f.name == step_fixtures.LABEL)
    label.type = schema_pb2.FLOAT
    with pytest.raises(PreflightError, match=r"do not fit their schema: .*species"):
        data_checks.readable_sketch(args, schema, by_schema=True)
    found = data_checks.readable_sketch(args, schema, by_schema=False)
    assert data_sketch.same_data(found, known)


def _fn_args(inputs, folder):
    given = step_fixtures.properties("own_model.py")
    return tfx_inputs.fn_args(tfx_inputs.describe(inputs, given, str(folder)))
