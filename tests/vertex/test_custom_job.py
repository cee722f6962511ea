"""The exact request for Vertex AI, as messages of its client library."""

from __future__ import annotations

import json

import pytest
from google.cloud.aiplatform_v1.types import CustomJob
from tfx.types import standard_artifacts

from tests.vertex.requests import IMAGE, config, pool, request
from tuner_component import Search
from tuner_component.errors import PreflightError
from tuner_component.vertex import custom_job

BUCKET = "gs://bucket/pipeline"


def artifacts(kind, uri):
    made = kind()
    made.uri = uri
    made.set_string_custom_property("from", "a test")
    return {"examples": [made]}


@pytest.fixture
def inputs():
    return artifacts(standard_artifacts.Examples, f"{BUCKET}/examples/1")


def in_bucket(made):
    for key, (artifact,) in made.outputs.items():
        artifact.uri = f"{BUCKET}/Tuner/{key}/7"
    return made


def prepared(inputs, tmp_path, custom, **more):
    return custom_job.prepare(in_bucket(request(inputs, tmp_path, custom, **more)))


def test_the_request_is_exactly_this(inputs, tmp_path):
    gpu = {"accelerator_type": "NVIDIA_TESLA_T4", "accelerator_count": 1}
    asked = config(
        pool(),
        pool(
            machine_spec={"machine_type": "n1-highmem-4", **gpu},
            replica_count=2,
            container_spec={
                "image_uri": IMAGE,
                "env": [{"name": "LEVEL", "value": "3"}],
            },
        ),
        display_name="a search",
        labels={"team": "penguins"},
        encryption_spec={"kms_key_name": "a/key"},
    )
    spec = asked["ai_platform_tuning_args"]["job_spec"]
    spec |= {"service_account": "me@a", "scheduling": {"timeout": {"seconds": 3600}}}
    made = prepared(inputs, tmp_path, {**asked, "units": 3})
    assert made.parent == "projects/a-project/locations/europe-west1"
    job = CustomJob.deserialize(CustomJob.serialize(made.job))
    first, second = job.job_spec.worker_pool_specs
    arguments = [*first.container_spec.args]
    assert [*second.container_spec.args] == arguments
    assert job == CustomJob(
        display_name="a search",
        labels={"team": "penguins"},
        encryption_spec={"kms_key_name": "a/key"},
        job_spec={
            "service_account": "me@a",
            "scheduling": {"timeout": {"seconds": 3600}},
            "worker_pool_specs": [
                {
                    "machine_spec": {"machine_type": "n1-standard-8"},
                    "replica_count": 1,
                    "container_spec": {
                        "image_uri": IMAGE,
                        "command": ["python", "-m", "tuner_component.vertex.replica"],
                        "args": arguments,
                    },
                },
                {
                    "machine_spec": {"machine_type": "n1-highmem-4", **gpu},
                    "replica_count": 2,
                    "container_spec": {
                        "image_uri": IMAGE,
                        "env": [{"name": "LEVEL", "value": "3"}],
                        "command": ["python", "-m", "tuner_component.vertex.replica"],
                        "args": arguments,
                    },
                },
            ],
        },
    )
    assert arguments[0] == "--request"
    step = custom_job.read_request(arguments[1])
    assert step.inputs["examples"][0].uri == f"{BUCKET}/examples/1"
    assert step.inputs["examples"][0].get_string_custom_property("from") == "a test"
    assert type(step.outputs["report"][0]).__name__ == "SearchReport"
    assert step.search == Search(max_trials=4, epochs=1)
    assert step.node == "Tuner"
    assert step.flock_root.startswith(f"{BUCKET}/Tuner/studies/flock-")
    # Where it runs is no part of the search: the study is the same elsewhere.
    assert json.loads(step.properties["custom_config"]) == {"units": 3}


def test_every_job_meets_in_a_folder_of_its_own(inputs, tmp_path):
    roots = {
        custom_job.read_request(
            prepared(inputs, tmp_path, config())
            .job.job_spec.worker_pool_specs[0]
            .container_spec.args[1]
        ).flock_root
        for _ in range(2)
    }
    assert len(roots) == 2


@pytest.mark.parametrize("given", [[pool()], [pool(), pool(replica_count=7)]])
def test_parallel_trials_decide_the_replicas_as_in_the_extension(
    inputs, tmp_path, given
):
    from tfx.extensions.google_cloud_ai_platform.tuner import executor as stock

    made = prepared(inputs, tmp_path, config(*given), parallel=4)
    ours = [spec.replica_count for spec in made.job.job_spec.worker_pool_specs]
    theirs = _replicas_of_the_extension(stock, inputs, tmp_path, config(*given))
    assert ours == theirs == [1, 3]


def _replicas_of_the_extension(stock, inputs, tmp_path, custom):
    """Returns what TFX's own Tuner would submit: it is caught before it does."""
    submitted = []
    step = in_bucket(request(inputs, tmp_path, custom, parallel=4))
    original = stock.runner.start_cloud_training
    stock.runner.start_cloud_training = lambda *given: submitted.append(given[4])
    try:
        stock.Executor().Do(step.inputs, step.outputs, dict(step.properties))
    finally:
        stock.runner.start_cloud_training = original
    (arguments,) = submitted
    return [one["replica_count"] for one in arguments["job_spec"]["worker_pool_specs"]]


def test_keys_are_those_of_the_extension():
    from tfx.extensions.google_cloud_ai_platform import constants
    from tfx.extensions.google_cloud_ai_platform.trainer import executor as trainer
    from tfx.extensions.google_cloud_ai_platform.tuner import executor as tuner

    from tuner_component.vertex import tuning_args

    assert tuning_args.KEYS == (
        tuner.TUNING_ARGS_KEY,
        constants.ENABLE_VERTEX_KEY,
        constants.VERTEX_REGION_KEY,
        trainer.JOB_ID_KEY,
    )


def test_a_spec_without_job_spec_serves_as_in_the_extension(inputs, tmp_path):
    asked = config()
    asked["ai_platform_tuning_args"] = {
        "project": "a-project",
        "worker_pool_specs": [pool()],
    }
    made = prepared(inputs, tmp_path, asked)
    assert len(made.job.job_spec.worker_pool_specs) == 1


def test_storage_that_replicas_do_not_share_is_refused(tmp_path, inputs):
    step = request(inputs, tmp_path, config())
    with pytest.raises(PreflightError, match="is not on storage that all replicas"):
        custom_job.prepare(step)


def test_a_mount_of_every_pool_is_shared(tmp_path, inputs):
    mount = {"server": "10.0.0.1", "path": "/", "mount_point": str(tmp_path)}
    inputs = artifacts(standard_artifacts.Examples, f"{tmp_path}/examples")
    shared = pool(nfs_mounts=[mount])
    assert custom_job.prepare(request(inputs, tmp_path, config(shared, shared)))
    with pytest.raises(PreflightError, match="nfs_mounts of every pool"):
        custom_job.prepare(request(inputs, tmp_path, config(shared, pool())))
