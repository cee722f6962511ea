from __future__ import annotations

import types

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts

from tuner_component.errors import PreflightError
from tuner_component.step import preflight


@pytest.fixture
def examples(tmp_path):
    for split in ("train", "eval"):
        folder = tmp_path / "examples" / f"Split-{split}"
        folder.mkdir(parents=True)
        (folder / "data.gz").write_bytes(b"x")
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path / "examples")
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    return artifact


def _schema(**types_by_name):
    schema = schema_pb2.Schema()
    for name, kind in types_by_name.items():
        schema.feature.add(name=name, type=kind)
    return schema


def test_good_inputs_pass(examples):
    preflight.check_inputs({"examples": [examples]}, [], [])


def test_a_missing_split_names_the_known_ones(examples):
    with pytest.raises(
        PreflightError,
        match=r"no split 'evl' to eval on; they have .*Did you mean 'eval'",
    ):
        preflight.check_inputs({"examples": [examples]}, [], ["evl"])


def test_an_empty_split_names_its_folder(examples, tmp_path):
    (tmp_path / "examples" / "Split-eval" / "data.gz").unlink()
    with pytest.raises(
        PreflightError, match=r"'eval' to eval on has no file.*Split-eval"
    ):
        preflight.check_inputs({"examples": [examples]}, [], [])


def test_no_examples():
    with pytest.raises(PreflightError, match="holds no artifact"):
        preflight.check_inputs({}, [], [])


def test_a_second_file_beside_the_hyperparameters(tmp_path):
    (tmp_path / "old.txt").write_text("x")
    outputs = {"best_hyperparameters": [types.SimpleNamespace(uri=str(tmp_path))]}
    with pytest.raises(PreflightError, match=r"already holds \['old.txt'\]"):
        preflight.check_outputs(outputs)


def test_what_an_earlier_attempt_has_written_may_be_there(tmp_path):
    (tmp_path / "best_hyperparameters.txt").write_text("{}")
    outputs = {"best_hyperparameters": [types.SimpleNamespace(uri=str(tmp_path))]}
    preflight.check_outputs(outputs)


def test_an_empty_or_missing_output_folder_is_fine(tmp_path):
    for uri in (tmp_path, tmp_path / "new"):
        preflight.check_outputs(
            {"best_hyperparameters": [types.SimpleNamespace(uri=str(uri))]}
        )


def test_the_label_must_be_a_feature():
    schema = _schema(tips_xf=schema_pb2.INT, fare_xf=schema_pb2.FLOAT)
    assert preflight.check_label("tips_xf", schema) == "tips_xf"
    with pytest.raises(
        PreflightError, match=r"'tip_xf' is not in the schema.*Did you mean 'tips_xf'"
    ):
        preflight.check_label("tip_xf", schema)


@pytest.mark.parametrize(
    ("label_key", "schema", "message"),
    [
        (None, _schema(), "needs the label"),
        ("tips", None, "without a schema; pass schema= or transform_graph="),
    ],
)
def test_a_label_needs_a_schema_and_a_name(label_key, schema, message):
    with pytest.raises(PreflightError, match=message):
        preflight.check_label(label_key, schema)


def test_schemas_that_agree_may_have_more_features():
    made_for = _schema(fare=schema_pb2.FLOAT)
    given = _schema(fare=schema_pb2.FLOAT, extra=schema_pb2.INT)
    preflight.check_schemas_agree(given, made_for)


def test_schemas_that_disagree_are_told_apart():
    made_for = _schema(fare=schema_pb2.FLOAT, tips=schema_pb2.FLOAT)
    given = _schema(fare=schema_pb2.INT)
    with pytest.raises(
        PreflightError, match=r"lacks, \['tips'\].*other types of \['fare'\]"
    ):
        preflight.check_schemas_agree(given, made_for)
