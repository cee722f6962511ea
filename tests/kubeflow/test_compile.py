from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("kfp", reason="TFX brings kfp for Python below 3.12 only")

import yaml

from tuner_component import Search

_SCRIPT = Path(__file__).parents[2] / "kubeflow" / "compile.py"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("compile_script", _SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("compiled")
    found = {}
    for form in ("yaml", "json"):
        output = folder / f"pipeline.{form}"
        options = ["--image", "an/image", "--output", str(output), "--trials", "5"]
        options += ["--root", str(folder / "root"), "--study-dir", str(folder / "s")]
        assert script.main(options) == 0
        found[form] = output
    return found


def test_open_source_kubeflow_gets_schema_2_1(compiled):
    spec = yaml.safe_load(compiled["yaml"].read_text())
    assert spec["schemaVersion"] == "2.1.0"
    assert "Tuner" in spec["root"]["dag"]["tasks"]


def test_vertex_gets_a_pipeline_job_with_our_executor(compiled):
    spec = json.loads(compiled["json"].read_text())["pipelineSpec"]
    executors = spec["deploymentSpec"]["executors"]
    container = executors["Tuner_executor"]["container"]
    assert container["image"] == "an/image"
    assert "tuner_component.executor.Executor" in container["args"]
    outputs = spec["components"]["Tuner"]["outputDefinitions"]["artifacts"]
    assert set(outputs) == {
        "best_hyperparameters",
        "tuner_results",
        "trial_record",
        "best_model",
    }
    inputs = spec["root"]["dag"]["tasks"]["Tuner"]["inputs"]["parameters"]
    search = next(v for k, v in inputs.items() if k == "search")
    text = json.dumps(search)
    value = json.loads(text)["runtimeValue"]["constantValue"]["stringValue"]
    assert Search.from_json(value).study_dir.endswith("/s")
