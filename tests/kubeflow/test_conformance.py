"""The compiled pipeline, run step by step as its platforms would run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kubeflow.compiling import compile_script
from tests.kubeflow.launcher import Launcher
from tests.kubeflow.pipeline_spec import PipelineSpec

pytestmark = [pytest.mark.runner, pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]


TUNED = ("Tuner", "Trainer")


def launched(folder, form, done=None):
    """Compiles the pipeline, and runs all of its steps that are not done."""
    output = folder / f"pipeline.{form}"
    options = ["--image", "an/image", "--output", str(output), "--trials", "3"]
    options += ["--epochs", "2", "--root", str(folder / "root")]
    assert compile_script().main(options) == 0
    launcher = Launcher(
        PipelineSpec.read(output),
        folder / "store",
        {"PYTHONPATH": str(ROOT)},
        open_source=form == "yaml",
    )
    return launcher.run(done)


@pytest.fixture(scope="module")
def on_vertex(tmp_path_factory):
    return launched(tmp_path_factory.mktemp("vertex"), "json")


def test_vertex_ends_with_a_model_trained_as_tuned(on_vertex):
    check(on_vertex)


def test_kubeflow_ends_with_a_model_trained_as_tuned(on_vertex, tmp_path):
    """The steps before the Tuner are TFX's own, and their outputs are at hand."""
    done = {name: step for name, step in on_vertex.items() if name not in TUNED}
    check(launched(tmp_path, "yaml", done))


def check(steps):
    tuned = steps["Tuner"].artifacts
    hyperparameters = only_file(tuned["best_hyperparameters"])
    values = json.loads(hyperparameters.read_text())["values"]
    results = json.loads(only_file(tuned["tuner_results"]).read_text())
    assert len(results) == 3
    assert values.items() <= results[0].items()
    assert any(Path(tuned["best_model"][0]["uri"]).rglob("saved_model.pb"))
    assert tuned["metrics"][0]["metadata"]["num_completed_trials"] == 3
    assert only_file(tuned["report"]).name == "report.html"
    trained = steps["Trainer"].artifacts["model"][0]["uri"]
    (saved,) = Path(trained).rglob("saved_model.pb")
    widths, rate = trained_as(saved.parent)
    assert sorted(widths)[1:] == [values["units"]] * values["num_layers"]
    assert rate == pytest.approx(values["learning_rate"])


def trained_as(folder: Path) -> tuple[list[int], float]:
    """Returns a saved model's widths of dense layers, in no order, and learning rate.

    The narrowest is the last layer: one unit a class.
    """
    tf = pytest.importorskip("tensorflow")
    file = str(folder / "variables" / "variables")
    shapes = dict(tf.train.list_variables(file))
    (rate,) = (name for name in shapes if "/_learning_rate/" in name)
    kernels = (shape for name, shape in shapes.items() if "/_kernel/" in name)
    return [shape[1] for shape in kernels], float(tf.train.load_variable(file, rate))


def only_file(artifacts: list[dict]) -> Path:
    (artifact,) = artifacts
    (file,) = Path(artifact["uri"]).iterdir()
    return file
