"""What the shared reader yields is what the stock reader yields."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")

from google.protobuf import text_format  # noqa: E402
from tensorflow_metadata.proto.v0 import schema_pb2  # noqa: E402
from tfx_bsl.public import tfxio  # noqa: E402

from tuner_component.data import SharedReader  # noqa: E402
from tuner_component.data.accessor import dataset  # noqa: E402
from tuner_component.data.table import Table  # noqa: E402
from tuner_component.errors import PreflightError  # noqa: E402

_SCHEMA = """
feature { name: "x" type: FLOAT }
feature { name: "name" type: BYTES }
feature { name: "words" type: BYTES }
feature { name: "place" type: INT }
feature { name: "value" type: FLOAT }
feature { name: "list" type: INT }
feature { name: "pairs" type: FLOAT }
feature { name: "y" type: INT }
tensor_representation_group { key: "" value {
  tensor_representation { key: "x" value {
    dense_tensor { column_name: "x" shape { dim { size: 2 } } } } }
  tensor_representation { key: "name" value {
    dense_tensor { column_name: "name" shape { } } } }
  tensor_representation { key: "y" value {
    dense_tensor { column_name: "y" shape { dim { size: 1 } } } } }
  tensor_representation { key: "words" value {
    varlen_sparse_tensor { column_name: "words" } } }
  tensor_representation { key: "map" value { sparse_tensor {
    index_column_names: "place" value_column_name: "value"
    dense_shape { dim { size: 7 } } } } }
  tensor_representation { key: "list" value { ragged_tensor {
    feature_path { step: "list" } row_partition_dtype: INT32 } } }
  tensor_representation { key: "pairs" value { ragged_tensor {
    feature_path { step: "pairs" } row_partition_dtype: INT64
    partition { uniform_row_length: 2 } } } }
} }
"""
_SEQUENCES = """
feature { name: "y" type: INT shape { dim { size: 1 } } presence { min_fraction: 1 } }
feature { name: "##SEQUENCE##" type: STRUCT struct_domain {
  feature { name: "clicks" type: INT value_count { min: 0 max: 3 } } } }
tensor_representation_group { key: "" value {
  tensor_representation { key: "y" value {
    dense_tensor { column_name: "y" shape { dim { size: 1 } } } } }
  tensor_representation { key: "clicks" value { ragged_tensor {
    feature_path { step: "##SEQUENCE##" step: "clicks" }
    row_partition_dtype: INT64 } } }
} }
"""


def _feature(values):
    kinds = {float: "float_list", int: "int64_list", bytes: "bytes_list"}
    lists = {"float_list": "FloatList", "int64_list": "Int64List"}
    kind = kinds[type(values[0])] if values else "int64_list"
    made = getattr(tf.train, lists.get(kind, "BytesList"))(value=values)
    return tf.train.Feature(**{kind: made})


def _example(row):
    places = sorted({row % 7, 3 * row % 7})
    features = {
        "x": [float(row), row / 10],
        "name": [b"name %d" % row],
        "words": [b"word %d" % number for number in range(row % 3)],
        "place": places,
        "value": [float(row + place) for place in places],
        "list": list(range(row % 4)),
        "pairs": [float(number) for number in range(2 * (row % 3))],
        "y": [row],
    }
    made = {name: _feature(values) for name, values in features.items() if values}
    return tf.train.Example(features=tf.train.Features(feature=made))


def _sequence_example(row):
    steps = [_feature(list(range(step % 3))) for step in range(row % 4)]
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={"y": _feature([row])}),
        feature_lists=tf.train.FeatureLists(
            feature_list={"clicks": tf.train.FeatureList(feature=steps)}
        ),
    )


def _write(path, examples, kind="GZIP"):
    with tf.io.TFRecordWriter(str(path), kind) as writer:
        for example in examples:
            writer.write(example.SerializeToString())


def _factory(record):
    def factory(files, options, schema):
        return record(
            file_pattern=files, schema=schema, telemetry_descriptors=["test"]
        ).TensorFlowDataset(options)

    return factory


def _parsed(schema):
    return text_format.Parse(schema, schema_pb2.Schema())


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    for shard, rows in enumerate((range(13), range(13, 20), range(20, 30))):
        _write(folder / f"data-{shard}.gz", map(_example, rows))
    stock = _factory(tfxio.TFExampleRecord)
    files, schema = [str(folder / "data-*")], _parsed(_SCHEMA)
    return SharedReader(stock, str(folder / "cache")), stock, files, schema


def _batches(dataset, count):
    return [_plain(batch) for batch in dataset.take(count)]


def _plain(batch):
    """A batch as what can be compared; sparse tensors with shape and places."""
    features, label = batch if isinstance(batch, tuple) else (batch, None)
    plain = {name: _values(tensor) for name, tensor in features.items()}
    return plain, None if label is None else _values(label)


def _values(tensor):
    if isinstance(tensor, tf.SparseTensor):
        parts = (tensor.indices, tensor.values, tensor.dense_shape)
        return [part.numpy().tolist() for part in parts]
    if isinstance(tensor, tf.RaggedTensor):
        return tensor.to_list(), tensor.row_splits.dtype
    return tensor.numpy().tolist()


OPTIONS = {
    "one pass": {"num_epochs": 1},
    "label": {"num_epochs": 1, "label_key": "y"},
    "whole batches": {"num_epochs": 1, "drop_final_batch": True, "label_key": "y"},
    "three passes": {"num_epochs": 3},
    "endless": {"label_key": "y"},
    "larger than the data": {"num_epochs": 1, "batch_size": 64},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_batches_in_order_are_the_stock_readers(case, options):
    reader, stock, files, schema = case
    given = tfxio.TensorFlowDatasetOptions(
        **{"batch_size": 8, "shuffle": False, **options}
    )
    ours, theirs = reader(files, given, schema), stock(files, given, schema)
    assert ours.element_spec == theirs.element_spec
    assert _batches(ours, 12) == _batches(theirs, 12)


def test_shuffled_rows_are_the_same_and_stay_together(case):
    reader, stock, files, schema = case
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=7, num_epochs=1, shuffle_seed=3, label_key="y"
    )

    def rows(factory):
        found = {}
        for features, label in factory(files, options, schema):
            for place, number in enumerate(label.numpy().ravel()):
                found[int(number)] = (
                    features["x"][place].numpy().tolist(),
                    features["name"][place].numpy(),
                    features["list"][place].numpy().tolist(),
                    tf.sparse.to_dense(features["map"])[place].numpy().tolist(),
                )
        return list(found), found

    (order, ours), (_, theirs) = rows(reader), rows(stock)
    assert ours == theirs
    assert order != sorted(order)
    assert rows(reader)[0] == order


def test_every_pass_is_shuffled_anew_within_the_window(case):
    reader, _, files, schema = case
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=30, num_epochs=2, shuffle_buffer_size=4, shuffle_seed=1
    )
    passes = [b["y"].numpy().ravel() for b in reader(files, options, schema)]
    assert [sorted(one) for one in passes] == [list(range(30))] * 2
    assert not np.array_equal(*passes)
    assert all(number < place + 4 for one in passes for place, number in enumerate(one))


@pytest.mark.parametrize("kind", ["", "GZIP"])
def test_sequence_examples_and_any_compression(tmp_path, kind):
    suffix = ".gz" if kind else ""
    _write(tmp_path / f"data{suffix}", map(_sequence_example, range(9)), kind)
    stock = _factory(tfxio.TFSequenceExampleRecord)
    reader = SharedReader(stock, str(tmp_path / "cache"))
    given = tfxio.TensorFlowDatasetOptions(batch_size=4, num_epochs=1, shuffle=False)
    files, schema = [str(tmp_path / "data*")], _parsed(_SEQUENCES)
    ours, theirs = (make(files, given, schema) for make in (reader, stock))
    assert reader.table(files, schema) is not None
    assert ours.element_spec == theirs.element_spec
    assert _batches(ours, 3) == _batches(theirs, 3)


def test_the_files_are_read_once_for_all_processes(case, tmp_path):
    _, stock, files, schema = case
    calls = []

    def counted(*args):
        calls.append(args)
        return stock(*args)

    options = tfxio.TensorFlowDatasetOptions(batch_size=4)
    for _ in range(2):  # Two workers of one host.
        reader = SharedReader(counted, str(tmp_path / "cache"))
        for _ in range(2):
            next(iter(reader(files, options, schema)))
    assert len(calls) == 1


@pytest.mark.skipif(
    tf.__version__.split(".")[:2] > ["2", "17"], reason="TensorFlow may copy here"
)
def test_numbers_are_mapped_not_copied(tmp_path):
    path = tmp_path / "values"
    np.arange(1024, dtype=np.float32).tofile(path)
    mapped = np.memmap(path, np.float32, mode="r+", shape=(1024, 1))
    table = Table.of({"x": mapped})
    before = table.gather(tf.constant([3]))["x"].numpy().item()
    mapped[3] = -1.0
    assert (before, table.gather(tf.constant([3]))["x"].numpy().item()) == (3.0, -1.0)


def test_what_is_no_column_goes_through_the_stock_reader(case, tmp_path):
    _, stock, files, schema = case

    def nested(*args):
        return stock(*args).map(lambda features: {"all": features})

    options = tfxio.TensorFlowDatasetOptions(batch_size=4, num_epochs=1)
    reader = SharedReader(nested, str(tmp_path / "cache"))
    assert reader.table(files, schema) is None
    assert "all" in reader(files, options, schema).element_spec


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_key": "names"}, "'names' is no feature.*Did you mean 'name'"),
        ({"batch_size": 31, "drop_final_batch": True}, "batch_size=31 .* 30 examples"),
    ],
)
def test_what_yields_no_batch_is_explained(case, options, message):
    reader, _, files, schema = case
    given = tfxio.TensorFlowDatasetOptions(
        **{"batch_size": 4, "num_epochs": 1, **options}
    )
    with pytest.raises(PreflightError, match=message):
        reader(files, given, schema)


def test_a_second_dataset_of_a_kind_yields_the_same():
    table = Table.of({"x": np.arange(10.0), "y": np.arange(10)})
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=4, label_key="y", shuffle=False, num_epochs=1
    )
    first, second = dataset(table, options), dataset(table, options)
    assert first.real._map_func is second.real._map_func
    other = dataset(table, options._replace(batch_size=3))
    seen = [
        [x["x"].tolist() for x, _ in d.as_numpy_iterator()] for d in (first, second)
    ]
    assert seen[0] == seen[1] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [len(y) for _, y in other.as_numpy_iterator()] == [3, 3, 3, 1]
    assert list(second.map(lambda x, y: y[0]).as_numpy_iterator()) == [0, 4, 8]
