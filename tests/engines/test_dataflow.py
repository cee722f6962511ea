"""The job that Dataflow would get. It is built in full, and sent to nobody."""

from __future__ import annotations

import apache_beam as beam
import pytest

from tuner_component.engines.beam.options import settle
from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.state import State
from tuner_component.engines.beam.transform import SearchRounds

IMAGE = "europe-docker.pkg.dev/a-project/images/tuner:1"
NUM_ROUNDS = 3


@pytest.fixture(scope="module")
def job():
    given = settle(
        [
            "--runner=DataflowRunner",
            "--project=a-project",
            "--region=europe-west1",
            "--job_name=search",
            "--temp_location=gs://bucket/tmp",
            f"--sdk_container_image={IMAGE}",
            "--sdk_location=container",
            "--machine_type=n1-standard-8",
            "--num_workers=2",
            "--max_num_workers=4",
            "--dry_run=True",
        ],
        None,
        2,
    ).arguments
    order = Order(
        "gs://bucket/studies/one",
        "submission",
        "tuner_component.study_rounds:StudyRounds",
        {"round_size": 6},
        "tests.engines.bowl:make_bowl",
        {},
    )
    pipeline = beam.Pipeline(argv=list(given))
    _ = pipeline | SearchRounds(order, State("submission", 0, []), NUM_ROUNDS)
    return pipeline.run().job


def test_the_rounds_are_stages_of_one_job(job):
    transforms = job.proto_pipeline.components.transforms.values()
    names = [transform.unique_name for transform in transforms]
    for stage in ("Deal", "Spread", "Evaluate"):
        found = [name for name in names if name.endswith(f"/{stage}")]
        assert len(found) == NUM_ROUNDS
    groups = [t for t in transforms if t.unique_name.endswith("/Collect")]
    assert len(groups) == NUM_ROUNDS - 1


def test_workers_are_what_the_options_say(job):
    from apache_beam.runners.dataflow.internal.apiclient import Environment

    environment = as_json(
        Environment(
            proto_pipeline_staged_url="gs://bucket/staging/pipeline.pb",
            packages=[],
            options=job.options,
            environment_version="1",
            proto_pipeline=job.proto_pipeline,
        ).proto
    )
    (pool,) = environment["workerPools"]
    assert (pool["numWorkers"], pool["machineType"]) == (2, "n1-standard-8")
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 4
    images = [one["containerImage"] for one in pool["sdkHarnessContainerImages"]]
    assert images == [IMAGE]
    environments = job.proto_pipeline.components.environments.values()
    assert [IMAGE in str(one.payload) for one in environments] == [True]
    assert job.google_cloud_options.region == "europe-west1"
    assert job.proto.name == "search"


def as_json(message):
    """Returns a message of Dataflow's client, which newer Beam makes of protobuf."""
    if hasattr(message, "_pb"):
        from google.protobuf import json_format

        return json_format.MessageToDict(message._pb)
    from apitools.base.py import encoding

    return encoding.MessageToPyValue(message)
