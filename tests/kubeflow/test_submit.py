"""The request that a compiled pipeline is submitted to Vertex AI with."""

from __future__ import annotations

import json

import pytest
from google.cloud.aiplatform_v1.types import CreatePipelineJobRequest, PipelineJob

from tests.kubeflow.compiling import script

JOB = {
    "displayName": "tuned",
    "labels": {"made": "here"},
    "pipelineSpec": {"pipelineInfo": {"name": "tuned"}, "root": {"dag": {}}},
    "runtimeConfig": {"gcsOutputDirectory": "/gcs/bucket/run"},
}
WHERE = ["--project", "a-project", "--region", "europe-west1"]


@pytest.fixture
def submit():
    return script("submit")


def written(folder, job):
    path = folder / "pipeline.json"
    path.write_text(json.dumps(job))
    return str(path)


def test_a_dry_run_prints_the_request_and_sends_nothing(submit, tmp_path, capsys):
    options = ["--label", "team=penguins", "--service-account", "me@a", "--dry-run"]
    pipeline = written(tmp_path, JOB)
    assert submit.main([pipeline, *WHERE, *options], client=None) == 0
    printed = CreatePipelineJobRequest.from_json(capsys.readouterr().out)
    assert printed == CreatePipelineJobRequest(
        parent="projects/a-project/locations/europe-west1",
        pipeline_job=PipelineJob(
            display_name="tuned",
            labels={"made": "here", "team": "penguins"},
            service_account="me@a",
            pipeline_spec=JOB["pipelineSpec"],
            runtime_config={"gcs_output_directory": "gs://bucket/run"},
        ),
    )


def test_what_is_sent_is_what_the_dry_run_prints(submit, tmp_path, capsys):
    class Client:
        def create_pipeline_job(self, request):
            sent.append(request)
            return PipelineJob(name="projects/1/pipelineJobs/2")

    sent, pipeline = [], written(tmp_path, JOB)
    assert submit.main([pipeline, *WHERE], Client()) == 0
    assert capsys.readouterr().out == "projects/1/pipelineJobs/2\n"
    assert submit.main([pipeline, *WHERE, "--dry-run"]) == 0
    assert sent == [CreatePipelineJobRequest.from_json(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({**JOB, "pipelineSpecs": {"x": 1}}, "no PipelineJob of Vertex AI"),
        ({"displayName": "x"}, "has no pipelineSpec"),
        ({**JOB, "runtimeConfig": {}}, "The pipeline root is ''; expected gs://"),
        (["a list"], "is a list; expected an object"),
    ],
)
def test_what_is_no_job_is_refused(submit, tmp_path, capsys, job, said):
    assert submit.main([written(tmp_path, job), *WHERE, "--dry-run"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--project", "p", "--region", "europe"], "expected one such as europe-west1"),
        ([*WHERE, "--label", "Team=x"], "expected KEY=VALUE"),
        (["--region", "europe-west1"], "--project"),
    ],
)
def test_options_that_cannot_be_are_refused(submit, tmp_path, capsys, options, said):
    with pytest.raises(SystemExit):
        submit.main([written(tmp_path, JOB), *options])
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(submit, tmp_path, capsys):
    assert submit.main([str(tmp_path / "none.json"), *WHERE]) == 1
    assert "none.json" in capsys.readouterr().err


def test_a_compiled_pipeline_makes_a_valid_request(submit, tmp_path, capsys):
    output = tmp_path / "pipeline.json"
    options = ["--image", "an/image", "--output", str(output)]
    assert script("compile").main([*options, "--root", str(tmp_path / "root")]) == 0
    given = [str(output), *WHERE, "--root", "gs://bucket/run", "--dry-run"]
    assert submit.main(given) == 0
    made = CreatePipelineJobRequest.from_json(capsys.readouterr().out).pipeline_job
    steps = made.pipeline_spec["deploymentSpec"]["executors"]
    assert steps["Tuner_executor"]["container"]["image"] == "an/image"
