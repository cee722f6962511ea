from __future__ import annotations

import json

import pytest
import yaml

from tests.kubeflow.compiling import compile_script
from tuner_component import Search


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    found = {}
    for form in ("yaml", "json"):
        output = folder / f"pipeline.{form}"
        options = ["--image", "an/image", "--output", str(output), "--trials", "5"]
        options += ["--root", str(folder / "root"), "--study-dir", str(folder / "s")]
        assert compile_script().main(options) == 0
        found[form] = output
    return found


def test_open_source_kubeflow_gets_schema_2_1(compiled):
    spec = yaml.safe_load(compiled["yaml"].read_text())
    assert spec["schemaVersion"] == "2.1.0"
    assert "Tuner" in spec["root"]["dag"]["tasks"]


def test_the_tuner_gets_what_it_asks_for_and_the_spec_stays_valid(tmp_path):
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    output = tmp_path / "pipeline.yaml"
    options = ["--image", "an/image", "--output", str(output), "--cpus", "4"]
    options += ["--memory", "16", "--gpus", "1", "--gpu-type", "nvidia.com/gpu"]
    options += ["--retries", "2", "--cache", "--root", str(tmp_path / "root")]
    assert compile_script().main(options) == 0
    spec = pipeline_spec_pb2.PipelineSpec()
    json_format.ParseDict(yaml.safe_load(output.read_text()), spec)
    executors = json_format.MessageToDict(spec.deployment_spec)["executors"]
    assert executors["Tuner_executor"]["container"]["resources"] == {
        "cpuLimit": 4.0,
        "memoryLimit": 16.0,
        "accelerator": {"type": "nvidia.com/gpu", "count": "1"},
    }
    deployment = pipeline_spec_pb2.PipelineDeploymentConfig()
    json_format.ParseDict({"executors": executors}, deployment)
    assert "resources" not in executors["Trainer_executor"]["container"]
    assert spec.root.dag.tasks["Tuner"].retry_policy.max_retry_count == 2
    assert not spec.root.dag.tasks["Trainer"].HasField("retry_policy")
    assert spec.root.dag.tasks["Tuner"].caching_options.enable_cache


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cpus", "0"], "cpus is 0.0; expected a number above 0"),
        (["--memory", "nan"], "memory is nan"),
        (["--gpus", "1"], "gpu_type"),
        (["--gpu-type", "NVIDIA_TESLA_T4"], "gpus is 0"),
        (["--retries", "-1"], "retries is -1"),
    ],
)
def test_a_request_that_cannot_be_is_refused(options, said, capsys, tmp_path):
    output = tmp_path / "pipeline.yaml"
    with pytest.raises(SystemExit):
        compile_script().main(
            ["--image", "an/image", "--output", str(output), *options]
        )
    assert said in capsys.readouterr().err
    assert not output.exists()


def test_the_help_names_all_options_and_needs_none(capsys):
    with pytest.raises(SystemExit) as ended:
        compile_script().main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--image IMAGE", "--study-dir", "--gpu-type", "--csv", "--trials"):
        assert option in shown


def test_an_unknown_option_is_told_with_those_of_this_command(capsys):
    with pytest.raises(SystemExit):
        compile_script().main(["--image", "i", "--output", "o.yaml", "--studydir", "s"])
    told = capsys.readouterr().err
    assert "--study-dir" in told
    assert "unrecognized arguments: --studydir s" in told


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
        "report",
        "metrics",
    }
    inputs = spec["root"]["dag"]["tasks"]["Tuner"]["inputs"]["parameters"]
    search = next(v for k, v in inputs.items() if k == "search")
    text = json.dumps(search)
    value = json.loads(text)["runtimeValue"]["constantValue"]["stringValue"]
    assert Search.from_json(value).study_dir.endswith("/s")
