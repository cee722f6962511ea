from __future__ import annotations

import dataclasses
import itertools
import math
import os
import types

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")

from google.protobuf import text_format  # noqa: E402
from tensorflow_metadata.proto.v0 import schema_pb2  # noqa: E402
from tfx_bsl.public import tfxio  # noqa: E402

from tuner_component.data import Source, open_split  # noqa: E402
from tuner_component.data.accessor import SharedReader  # noqa: E402
from tuner_component.step import data_sketch  # noqa: E402
from tuner_component.step.data_sketch import same_data, sketch  # noqa: E402

_SCHEMA = """
feature { name: "x" type: FLOAT shape { dim { size: 2 } } presence { min_fraction: 1 } }
feature { name: "y" type: INT shape { dim { size: 1 } } presence { min_fraction: 1 } }
"""
_WORDS = """
feature { name: "w" type: BYTES value_count { min: 0 max: 3 } }
"""


def _factory(files, options, schema):
    return tfxio.TFExampleRecord(
        file_pattern=files, schema=schema, telemetry_descriptors=["test"]
    ).TensorFlowDataset(options)


def _batches(files, options, schema):
    return tfxio.TFExampleRecord(
        file_pattern=files, schema=schema, telemetry_descriptors=["test"]
    ).RecordBatches(options)


def _write(path, rows, words=False):
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for x0, x1, y in rows:
            features = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=[x0, x1])),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[y])),
            }
            if words:
                value = [b"a"] * (y % 3)
                features["w"] = tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=value)
                )
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


_ROWS = [(float(i), i / 10, i) for i in range(50)]


@pytest.fixture
def source(tmp_path):
    _write(tmp_path / "data-0.gz", _ROWS[:20])
    _write(tmp_path / "data-1.gz", _ROWS[20:])
    schema = text_format.Parse(_SCHEMA, schema_pb2.Schema())
    return Source(_factory, [str(tmp_path / "data-*")], schema, "y")


def _labels(batches):
    return np.concatenate([label.numpy().ravel() for _, label in batches])


def test_dense_features_become_shared_arrays(source, tmp_path):
    split = open_split(source, str(tmp_path / "cache"))
    assert {n: (a.shape, a.dtype.name) for n, a in split.arrays.items()} == {
        "x": ((50, 2), "float32"),
        "__label__": ((50, 1), "int64"),
    }
    again = open_split(
        dataclasses.replace(source, factory=None), str(tmp_path / "cache")
    )
    assert np.array_equal(again.arrays["x"], split.arrays["x"])


def test_arrays_and_stream_have_the_same_elements(source, tmp_path):
    arrays = open_split(source, str(tmp_path / "a"))
    streamed = open_split(source, str(tmp_path / "b"), max_bytes=10)
    assert arrays.arrays is not None
    assert streamed.arrays is None
    assert arrays.batches(8).element_spec == streamed.batches(8).element_spec
    assert sorted(_labels(arrays.batches(8))) == sorted(_labels(streamed.batches(8)))


def test_features_and_labels_stay_together_when_shuffled(source, tmp_path):
    split = open_split(source, str(tmp_path / "cache"))
    batches, steps = split.epochs(8, seed=1)
    for features, label in batches.take(steps):
        assert np.array_equal(features["x"][:, 0], label[:, 0].numpy())


@pytest.mark.parametrize("max_bytes", [1 << 30, 10])
@pytest.mark.parametrize("steps", [None, 4, 9])
def test_an_epochs_order_depends_on_the_seed_and_its_number(
    source, tmp_path, max_bytes, steps
):
    split = open_split(source, str(tmp_path / "cache"), max_bytes)

    def epochs(first, number, seed=1):
        batches, in_epoch = split.epochs(8, seed=seed, steps=steps, first=first)
        assert in_epoch == (steps or 7)
        labels = iter(batches)
        return [
            list(_labels(next(labels) for _ in range(in_epoch))) for _ in range(number)
        ]

    all_epochs = epochs(0, 5)
    for first in range(1, 5):
        assert epochs(first, 5 - first) == all_epochs[first:]
    assert len({tuple(epoch) for epoch in all_epochs}) == 5
    assert epochs(0, 5, seed=2) != all_epochs
    if steps is None:
        assert [sorted(epoch) for epoch in all_epochs] == [list(range(50))] * 5
    else:
        first_pass = itertools.islice(itertools.chain(*all_epochs), 50)
        assert sorted(first_pass) == list(range(50))


def test_a_stream_that_is_never_continued_is_not_counted(source, tmp_path):
    split = open_split(source, str(tmp_path / "cache"), max_bytes=10)
    batches, steps = split.epochs(8, seed=1)
    assert steps is None
    assert sorted(_labels(batches)) == list(range(50))


def test_without_shuffling_the_order_stays(source, tmp_path):
    split = open_split(source, str(tmp_path / "cache"))
    assert list(_labels(split.batches(8))) == list(_labels(split.batches(8)))


def test_repeat_goes_on(source, tmp_path):
    split = open_split(source, str(tmp_path / "cache"))
    assert len(list(split.batches(50, repeat=True).take(3))) == 3


def test_sparse_and_string_features_are_streamed(tmp_path):
    _write(tmp_path / "data.gz", _ROWS, words=True)
    schema = text_format.Parse(_SCHEMA + _WORDS, schema_pb2.Schema())
    source = Source(_factory, [str(tmp_path / "data.gz")], schema, "y")
    split = open_split(source, str(tmp_path / "cache"))
    assert split.arrays is None
    assert sorted(_labels(split.batches(8))) == list(range(50))


@pytest.mark.parametrize("names", [None, frozenset({"w"}), frozenset({"x"})])
@pytest.mark.parametrize("words", [False, True])
def test_a_split_tells_what_its_batches_are(tmp_path, words, names):
    _write(tmp_path / "data.gz", _ROWS, words=words)
    schema = text_format.Parse(_SCHEMA + (_WORDS if words else ""), schema_pb2.Schema())
    source = Source(_factory, [str(tmp_path / "data.gz")], schema, "y")
    split = open_split(source, str(tmp_path / "cache"))
    split = split.only(names) if names else split
    features, _ = split.batches(5).element_spec
    assert split.feature_specs() == features
    assert names is None or set(features) == names & {"x", "w" if words else "x"}


def test_a_part_of_a_table_has_its_examples(tmp_path):
    _write(tmp_path / "data.gz", _ROWS, words=True)
    schema = text_format.Parse(_SCHEMA + _WORDS, schema_pb2.Schema())
    source = Source(_factory, [str(tmp_path / "data.gz")], schema, "y")
    split = open_split(source, str(tmp_path / "cache"))
    rows = np.array([3, 4, 40])
    part = split.part(rows).only(frozenset({"w"}))
    assert (split.num_examples, part.num_examples) == (50, 3)
    assert part.label.ravel().tolist() == [3, 4, 40]
    (features, label), *_ = part.batches(5)
    assert label.numpy().ravel().tolist() == [3, 4, 40]
    assert features["w"].values.numpy().tolist() == [b"a"] * (0 + 1 + 1)
    assert list(features) == ["w"]
    batches, steps = part.epochs(2, seed=0)
    assert sorted(_labels(batches.take(steps))) == [3, 4, 40]


def test_of_a_stream_nobody_knows_the_number(source, tmp_path):
    streamed = open_split(source, str(tmp_path / "cache"), max_bytes=10)
    assert streamed.num_examples is None
    assert streamed.label is None


def _sketch(folder, rows, factory=None, schema=_SCHEMA + _WORDS):
    folder.mkdir(exist_ok=True)
    _write(folder / "data.gz", rows, words=True)
    args = types.SimpleNamespace(
        data_accessor=types.SimpleNamespace(
            tf_dataset_factory=factory, record_batch_factory=_batches
        ),
        train_files=[str(folder / "*")],
        eval_files=[str(folder / "*")],
    )
    return sketch(args, text_format.Parse(schema, schema_pb2.Schema()))


_RENAMED = """
tensor_representation_group { key: "" value {
  tensor_representation { key: "x" value { dense_tensor {
    column_name: "x" shape { dim { size: 2 } } } } }
  tensor_representation { key: "y" value { dense_tensor {
    column_name: "y" shape { dim { size: 1 } } } } }
  tensor_representation { key: "v" value {
    varlen_sparse_tensor { column_name: "w" } } } } }
"""


@pytest.mark.parametrize("more", ["", _RENAMED])
@pytest.mark.parametrize("at_once", [3, 1 << 20])
def test_a_sketch_of_what_the_workers_read_is_that_of_the_records(
    more, at_once, tmp_path, monkeypatch
):
    monkeypatch.setattr(data_sketch, "_VALUES_AT_ONCE", at_once)
    rows = [*_ROWS, (math.nan, 1.0, 3)]
    schema = _SCHEMA + _WORDS + more
    reader = SharedReader(_factory, str(tmp_path / "cache"))
    read = _sketch(tmp_path / "one", rows, reader, schema)
    records = _sketch(tmp_path / "one", rows, None, schema)
    assert same_data(read, records)
    assert read["train"].keys() == records["train"].keys()
    assert read["train"]["features"]["x"]["num_not_finite"] >= 1
    assert read["train"]["features"]["w"]["hash"]


def test_a_sketch_reads_for_the_workers(tmp_path):
    reader = SharedReader(_factory, str(tmp_path / "cache"))
    _sketch(tmp_path / "one", _ROWS, reader)

    def never(*_):
        raise AssertionError

    again = SharedReader(never, str(tmp_path / "cache"))
    schema = text_format.Parse(_SCHEMA + _WORDS, schema_pb2.Schema())
    table = again.table([str(tmp_path / "one" / "*")], schema)
    assert table.num_examples == len(_ROWS)


def test_what_the_reader_refuses_is_sketched_by_its_records(tmp_path):
    def refuse(*_):
        raise ValueError

    reader = SharedReader(refuse, str(tmp_path / "cache"))
    assert same_data(
        _sketch(tmp_path / "one", _ROWS, reader), _sketch(tmp_path / "one", _ROWS)
    )


def test_a_sketch_does_not_depend_on_order_or_rounding(tmp_path):
    one = _sketch(tmp_path / "one", _ROWS)
    noisy = [(a * (1 + 1e-7), b, c) for a, b, c in reversed(_ROWS)]
    assert same_data(one, _sketch(tmp_path / "two", noisy))
    assert one["train"]["num_examples"] == 50


@pytest.mark.parametrize(
    "rows",
    [
        _ROWS[:-1],
        [*_ROWS[:-1], (49.0, 4.9, 48)],
        [*_ROWS[:-1], (59.0, 4.9, 49)],
    ],
)
def test_a_sketch_sees_other_data(tmp_path, rows):
    assert not same_data(
        _sketch(tmp_path / "one", _ROWS), _sketch(tmp_path / "two", rows)
    )


@pytest.mark.parametrize("missing", [math.nan, math.inf])
def test_a_sketch_sees_that_missing_values_were_filled_with_zeros(tmp_path, missing):
    one = _sketch(tmp_path / "one", [*_ROWS, (missing, 1.0, 3)])
    assert same_data(one, _sketch(tmp_path / "same", [*_ROWS, (missing, 1.0, 3)]))
    assert not same_data(one, _sketch(tmp_path / "two", [*_ROWS, (0.0, 1.0, 3)]))


@pytest.mark.parametrize("name", ["scale", "sum", "num_values", "features"])
def test_a_feature_may_be_called_as_what_a_sketch_holds(tmp_path, name):
    def named(folder, rows):
        made = _sketch(tmp_path / folder, rows)
        for split in made.values():
            split["features"][name] = split["features"].pop("x")
        return made

    one = named("one", _ROWS)
    rounded = [(a * (1 + 1e-7), b, c) for a, b, c in _ROWS]
    assert same_data(one, named("two", rounded))
    assert not same_data(one, named("three", [*_ROWS[:-1], (59.0, 4.9, 49)]))
