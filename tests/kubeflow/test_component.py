"""The search as a component of pipelines that are not made with TFX."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tests.kubeflow.compiling import FOLDER, script
from tests.kubeflow.launcher import Launcher
from tests.kubeflow.pipeline_spec import PipelineSpec
from tuner_component import Search

COMPONENT = FOLDER / "component.yaml"
MODULE = """
import keras

def build_model(hp):
    inputs = {name: keras.Input((1,), name=name) for name in ("width", "height")}
    hidden = keras.layers.Concatenate()([*inputs.values()])
    hidden = keras.layers.Dense(hp.Choice("units", [2, 4]), "relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model
"""


def write_table(folder: Path) -> None:
    folder.mkdir()
    rows = [f"{n / 10:.1f},{n % 7 / 7:.3f},{n / 10 * (n % 7):.3f}" for n in range(60)]
    (folder / "table.csv").write_text("width,height,area\n" + "\n".join(rows) + "\n")


@pytest.mark.runner
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_component_searches_a_table_as_kubeflow_runs_it(tmp_path):
    write_table(tmp_path / "data")
    (tmp_path / "model.py").write_text(MODULE)
    search = Search(strategy="grid", objective="val_loss", epochs=1, parallelism=1)
    spec = PipelineSpec.read(COMPONENT)
    given = {
        "module_file": str(tmp_path / "model.py"),
        "label_key": "area",
        "search": search.to_json(),
    }
    launcher = Launcher(
        dataclasses.replace(spec, parameters={**spec.parameters, **given}),
        tmp_path / "store",
        {"PYTHONPATH": str(FOLDER.parent)},
        open_source=True,
        artifacts={"data": str(tmp_path / "data")},
    )
    (step,) = launcher.run().values()
    files = {key: Path(one["uri"]) for key, (one,) in step.artifacts.items()}
    best = json.loads(files["best_hyperparameters"].read_text())["values"]
    trials = [json.loads(line) for line in files["trial_record"].open()]
    winner = min(trials, key=lambda trial: trial["score"])
    assert best["units"] == winner["values"]["units"]
    assert {trial["values"]["units"] for trial in trials} == {2, 4}
    assert "<html" in files["report"].read_text()
    assert (files["best_model"] / "saved_model.pb").exists()
    (metrics,) = step.artifacts["metrics"]
    assert metrics["type"]["schemaTitle"] == "system.Metrics"
    assert metrics["metadata"]["best_val_loss"] == pytest.approx(winner["score"])
    assert metrics["metadata"]["num_completed_trials"] == 2
    assert step.artifacts["report"][0]["type"]["schemaTitle"] == "system.HTML"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--search", "{}"], "version None cannot be read"),
        (["--search", "no JSON"], "Expected what Search"),
        (["--data-format", "parquet"], "invalid choice: 'parquet'"),
        ([], "required"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(option, said, capsys):
    from tuner_component import kubeflow_search

    with pytest.raises(SystemExit):
        kubeflow_search.main(option)
    assert said in capsys.readouterr().err


def test_the_component_is_what_the_script_writes(tmp_path):
    import yaml

    written = tmp_path / "component.yaml"
    assert script("component").main(["--output", str(written)]) == 0
    made, kept = (yaml.safe_load(p.read_text()) for p in (written, COMPONENT))
    for part in ("components", "deploymentSpec", "pipelineInfo", "schemaVersion"):
        assert made[part] == kept[part]
    # How the outputs of the only step are named again is that of kfp's release.
    assert made["root"]["inputDefinitions"] == kept["root"]["inputDefinitions"]


def test_a_pipeline_that_is_not_tfx_takes_the_component(tmp_path):
    import kfp

    search = kfp.components.load_component_from_file(str(COMPONENT))

    @kfp.dsl.pipeline(name="no-tfx")
    def pipeline():
        table = kfp.dsl.importer(
            artifact_uri="gs://bucket/data",
            artifact_class=kfp.dsl.Dataset,
            reimport=False,
        )
        search(data=table.output, module_file="gs://bucket/model.py", label_key="area")

    target = tmp_path / "pipeline.yaml"
    kfp.compiler.Compiler().compile(pipeline, str(target))
    spec = PipelineSpec.read(target)
    assert spec.order() == ["importer", "search-hyperparameters"]
    assert spec.executor("search-hyperparameters")["container"]["command"][-1] == (
        "tuner_component.kubeflow_search"
    )
