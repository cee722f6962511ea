"""TFX's transformed taxi data, imported as artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines import command_line, imported
from tests.pipelines.shared_data import tfx_data
from tuner_component import Search, Tuner

pytestmark = pytest.mark.slow

MODULE = Path(__file__).parent / "modules" / "transformed_taxi.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    from tfx import v1 as tfx

    data = tfx_data("components/testdata")
    examples = imported.examples(data / "transform" / "transformed_examples")
    schema = imported.schema(data / "schema_gen")
    graph = tfx.dsl.Importer(
        source_uri=str(data / "transform" / "transform_graph"),
        artifact_type=tfx.types.standard_artifacts.TransformGraph,
    ).with_id("graph")
    root = tmp_path_factory.mktemp("taxi")
    tuner = Tuner(
        examples=examples.outputs["result"],
        transform_graph=graph.outputs["result"],
        schema=schema.outputs["result"],
        module_file=str(MODULE),
        label_key="tips_xf",
        search=Search(strategy="grid", objective="val_accuracy", epochs=2),
        tune_args=tfx.proto.TuneArgs(num_parallel_trials=2),
    )
    components = [examples, graph, schema, tuner]
    pipeline = imported.pipeline("transformed_taxi", root, components)
    tfx.orchestration.LocalDagRunner().run(pipeline)
    return root


def test_the_grid_is_covered_exactly(root):
    trials = command_line.trials(root)
    assert {t["state"] for t in trials} == {"COMPLETED"}
    values = {(t["values"]["units"], t["values"]["learning_rate"]) for t in trials}
    assert values == {(8, 0.01), (8, 0.003), (16, 0.01), (16, 0.003)}
    assert len(trials) == 4


def test_the_trainer_can_read_the_winner(root):
    import keras_tuner

    config = command_line.best_hyperparameters(root)
    hp = keras_tuner.HyperParameters.from_config(config)
    best = max(command_line.trials(root), key=lambda t: t["score"])
    assert hp.get("units") == best["values"]["units"]
    assert hp.get("learning_rate") == best["values"]["learning_rate"]
