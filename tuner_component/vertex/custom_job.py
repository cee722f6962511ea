"""The CustomJob that runs a step on Vertex AI, as a message of its client library."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.step.local_engine import from_tune_args
from tuner_component.step.request import Request
from tuner_component.vertex import tuning_args, worker_pools
from tuner_component.vertex.tuning_args import TuningArgs

_COMMAND = ("python", "-m", "tuner_component.vertex.replica")
_SHARED = ("gs://", "/gcs/")


@dataclasses.dataclass(frozen=True)
class Submission:
    """A job and where it goes.

    Attributes:
        parent: `projects/<project>/locations/<region>`.
        region: The region.
        job: The `google.cloud.aiplatform_v1.types.CustomJob`.
    """

    parent: str
    region: str
    job: Any


def check(config: Any, num_parallel_trials: int | None) -> None:
    """Raises if a `custom_config` that asks for Vertex AI cannot be submitted.

    Raises:
        PreflightError: Says what was received, what was expected and how to fix it.
    """
    if tuning_args.is_asked_for(config):
        args = tuning_args.read(config)
        _message(args, _pools(args, num_parallel_trials), "tuner", "")


def prepare(request: Request) -> Submission:
    """Returns the job for a step whose `custom_config` asks for Vertex AI.

    Raises:
        PreflightError: Says what was received, what was expected and how to fix it.
    """
    properties = request.properties
    config = json.loads(properties["custom_config"])
    args = tuning_args.read(config)
    given = from_tune_args(properties.get("tune_args"))
    pools = _pools(args, given or request.search.parallelism)
    _check_shared(request, pools)
    name = args.display_name or f"tuner-{request.node}".lower()[:100]
    # Workers leave a flock that has ended: every job has one of its own.
    flock = f"flock-{secrets.token_hex(6)}"
    own = tuning_args.without_vertex(config)
    text = write_request(
        dataclasses.replace(
            request,
            properties={**properties, "custom_config": json.dumps(own or None)},
            flock_name=flock,
        )
    )
    job = _message(args, pools, name, text)
    parent = f"projects/{args.project}/locations/{args.region}"
    return Submission(parent, args.region, job)


def write_request(request: Request) -> str:
    """Returns a step's request as JSON."""
    return json.dumps(
        {
            "inputs": _artifacts(request.inputs),
            "outputs": _artifacts(request.outputs),
            "properties": dict(request.properties),
            "node": request.node,
            "flock_name": request.flock_name,
        }
    )


def read_request(text: str) -> Request:
    """Returns the request that `write_request` wrote."""
    from tfx.types import artifact

    body = json.loads(text)
    for side in ("inputs", "outputs"):
        body[side] = {
            key: [artifact.Artifact.from_json_dict(item) for item in items]
            for key, items in body[side].items()
        }
    return Request(**body)


def _artifacts(channels: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {key: [one.to_json_dict() for one in ones] for key, ones in channels.items()}


def _pools(args: TuningArgs, num_parallel_trials: int | None) -> list[dict[str, Any]]:
    given = args.job_spec.get("worker_pool_specs")
    return worker_pools.completed(given, num_parallel_trials)


def _check_shared(request: Request, pools: Sequence[Mapping[str, Any]]) -> None:
    """Raises unless all replicas see what the step reads and writes."""
    mounts = [
        {f"{mount.get('mount_point', '')}/" for mount in pool.get("nfs_mounts") or ()}
        for pool in pools
    ]
    shared = (*_SHARED, *set.intersection(*mounts))
    channels = (*request.inputs.values(), *request.outputs.values())
    uris = [one.uri for artifacts in channels for one in artifacts]
    for uri in [*uris, request.studies_root]:
        if not uri.startswith(shared):
            raise PreflightError(
                f"{uri} is not on storage that all replicas of a CustomJob share; "
                "expected gs://..., /gcs/... or a folder in nfs_mounts of every pool. "
                "Choose such a pipeline root, and such a Search(study_dir=...)."
            )


def _message(
    args: TuningArgs, pools: list[dict[str, Any]], name: str, text: str
) -> Any:
    from google.cloud.aiplatform_v1.types import CustomJob

    container = {"command": list(_COMMAND), "args": ["--request", text]}
    specs = [
        {**pool, "container_spec": {**pool["container_spec"], **container}}
        for pool in pools
    ]
    try:
        return CustomJob(
            display_name=name,
            job_spec={**args.job_spec, "worker_pool_specs": specs},
            labels=dict(args.labels),
            encryption_spec=dict(args.encryption_spec) or None,
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise PreflightError(
            f"{tuning_args.TUNING_ARGS_KEY} is no CustomJob of Vertex AI: {error}. "
            "Expected the fields of its message in snake_case."
        ) from error
