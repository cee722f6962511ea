"""Submits the step as a CustomJob, and waits until it has ended."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.errors import EngineError
from tuner_component.step import preflight
from tuner_component.step.plan import check_options
from tuner_component.step.request import Request
from tuner_component.vertex import custom_job

_POLL_SECONDS = 30.0
_logger = logging.getLogger(__name__)


def run(
    request: Request, client: Any = None, poll_seconds: float = _POLL_SECONDS
) -> None:
    """Runs the step on Vertex AI; the artifacts are there when this returns.

    Args:
        request: What TFX asks; its `custom_config` asks for Vertex AI.
        client: A `JobServiceClient`; None makes one for the job's region.
        poll_seconds: Between two looks at the job.

    Raises:
        PreflightError: If something is wrong before anything is submitted.
        EngineError: If the job failed or was cancelled.
    """
    check_options(request.search)
    preflight.check_outputs(request.outputs)
    preflight.check_inputs(request.inputs, *request.splits)
    preflight.check_test_split(
        request.inputs, request.search.test_split, request.used_splits
    )
    submission = custom_job.prepare(request)
    client = client or _client(submission.region)
    job = client.create_custom_job(parent=submission.parent, custom_job=submission.job)
    _logger.info("Vertex AI runs the search as %s.", job.name)
    try:
        ended = _ended(client, job.name, poll_seconds)
    except BaseException:
        _cancel(client, job.name)
        raise
    _check(ended)
    _restore_metrics(request.outputs)


def _client(region: str) -> Any:
    from google.cloud.aiplatform_v1 import JobServiceClient

    endpoint = f"{region}-aiplatform.googleapis.com"
    return JobServiceClient(client_options={"api_endpoint": endpoint})


def _ended(client: Any, name: str, poll_seconds: float) -> Any:
    """Returns the job when it has ended, however."""
    from google.api_core import retry
    from google.cloud.aiplatform_v1.types import JobState

    states = (
        JobState.JOB_STATE_SUCCEEDED,
        JobState.JOB_STATE_FAILED,
        JobState.JOB_STATE_CANCELLED,
        JobState.JOB_STATE_EXPIRED,
    )
    while True:
        job = client.get_custom_job(name=name, retry=retry.Retry())
        if job.state in states:
            return job
        time.sleep(poll_seconds)


def _check(job: Any) -> None:
    from google.cloud.aiplatform_v1.types import JobState

    if job.state != JobState.JOB_STATE_SUCCEEDED:
        raise EngineError(
            f"The job {job.name} of Vertex AI has ended as {job.state.name}: "
            f"{job.error.message or 'its log says why'}. Mend that and run the "
            "step again: trials that have ended are kept."
        )


def _cancel(client: Any, name: str) -> None:
    """Whoever runs the step again must not meet a job that still writes."""
    from google.api_core.exceptions import GoogleAPIError

    try:
        client.cancel_custom_job(name=name)
    except GoogleAPIError as error:  # What stopped the step is what to tell.
        _logger.warning("The job %s could not be cancelled: %s", name, error)


def _restore_metrics(outputs: Mapping[str, Sequence[Any]]) -> None:
    """Gives the artifact the properties that it got in the job."""
    from tfx.dsl.io import fileio

    for artifact in outputs.get("metrics", ()):
        with fileio.open(f"{artifact.uri}/{artifacts.METRICS_FILE}") as file:
            numbers = json.loads(file.read())
        for key, number in numbers.items():
            artifact.set_float_custom_property(key, float(number))
