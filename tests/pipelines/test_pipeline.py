from __future__ import annotations

import json
from pathlib import Path

import pytest

import pipelines
from pipelines.pipeline import create_pipeline
from pipelines.settings import Settings
from tuner_component import Search

TABULAR = Path(pipelines.__file__).parent / "modules" / "tabular.py"


@pytest.fixture
def settings(tmp_path):
    csv = tmp_path / "data" / "rows.csv"
    csv.parent.mkdir()
    csv.write_text("a,y\n1,2\n")

    def make(**more):
        given = {
            "data": csv,
            "label": "y",
            "task": "regression",
            "module": TABULAR,
            "root": tmp_path / "root",
            "search": Search(max_trials=4, epochs=6, seed=8),
        }
        return Settings(**{**given, **more})

    return make


def _compiled(settings):
    from tfx.dsl.compiler.compiler import Compiler

    ir = Compiler().compile(create_pipeline(settings))
    return {node.pipeline_node.node_info.id: node.pipeline_node for node in ir.nodes}


def _property(node, name):
    return node.parameters.parameters[name].field_value.string_value


def test_nodes_in_order(settings):
    names = ["CsvExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Tuner"]
    assert list(_compiled(settings())) == [*names, "Trainer"]
    assert list(_compiled(settings(evaluate=True))) == [*names, "Trainer", "Evaluator"]


def test_the_trainer_reads_what_the_tuner_writes(settings):
    trainer = _compiled(settings())["Trainer"]
    channel = trainer.inputs.inputs["hyperparameters"].channels[0]
    assert channel.producer_node_query.id == "Tuner"
    assert channel.output_key == "best_hyperparameters"


def test_all_user_code_gets_the_same_settings(settings):
    nodes = _compiled(settings())
    expected = {"label": "y", "task": "regression", "epochs": 6, "seed": 8}
    for name in ("Transform", "Tuner", "Trainer"):
        assert json.loads(_property(nodes[name], "custom_config")) == expected


def test_the_search_and_the_steps_arrive(settings):
    nodes = _compiled(settings(parallel=3, train_steps=5, eval_steps=2))
    tuner = nodes["Tuner"]
    assert json.loads(_property(tuner, "tune_args")) == {"num_parallel_trials": 3}
    assert Search.from_json(_property(tuner, "search")) == settings().search
    assert _property(tuner, "label_key") == "y_xf"
    for node in (tuner, nodes["Trainer"]):
        assert json.loads(_property(node, "train_args"))["num_steps"] == 5
        assert json.loads(_property(node, "eval_args"))["num_steps"] == 2


def test_without_a_number_of_workers_the_tuner_decides(settings):
    assert "tune_args" not in _compiled(settings())["Tuner"].parameters.parameters


def test_one_file_of_a_folder_or_all_of_it(settings, tmp_path):
    one = _compiled(settings())["CsvExampleGen"]
    assert _property(one, "input_base") == str(tmp_path / "data")
    splits = json.loads(_property(one, "input_config"))["splits"]
    assert [split["pattern"] for split in splits] == ["rows.csv"]
    whole = _compiled(settings(data=tmp_path / "data"))["CsvExampleGen"]
    assert _property(whole, "input_base") == str(tmp_path / "data")
    splits = json.loads(_property(whole, "input_config"))["splits"]
    assert [split["pattern"] for split in splits] == ["*"]


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("classification", "SparseCategoricalAccuracy"),
        ("regression", "MeanAbsoluteError"),
    ],
)
def test_the_evaluator_uses_the_signatures(settings, task, metric):
    node = _compiled(settings(evaluate=True, task=task))["Evaluator"]
    config = json.loads(_property(node, "eval_config"))
    assert config["metrics_specs"][0]["metrics"][0]["class_name"] == metric
    model = config["model_specs"][0]
    assert model["signature_name"] == "serving_default"
    assert model["preprocessing_function_names"] == ["transform_features"]
    assert model["label_key"] == "y_xf"
