"""A job service on loopback that starts the replicas of a CustomJob as Vertex AI does.

Each replica is a process with `CLUSTER_SPEC`; the job ends with its first replica, and
the others are asked to end then.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.services.job_service import transports
from google.cloud.aiplatform_v1.types import (
    CancelCustomJobRequest,
    CreateCustomJobRequest,
    CustomJob,
    GetCustomJobRequest,
    JobState,
)
from google.protobuf import empty_pb2

_SERVICE = "google.cloud.aiplatform.v1.JobService"


class Replicas:
    """The machines of one job.

    Attributes:
        processes: Pool and index to process.
        requests: What was asked of the service.
    """

    def __init__(self, logs: Path, late: tuple[str, int] | None = None) -> None:
        self._logs, self._late = logs, late
        self._job = CustomJob()
        self.processes: dict[tuple[str, int], subprocess.Popen] = {}
        self.requests: list[Any] = []
        self.is_running = threading.Event()

    def create(self, request: CreateCustomJobRequest, context: Any) -> CustomJob:
        self.requests.append(request)
        self._job = CustomJob(request.custom_job)
        self._job.name = f"{request.parent}/customJobs/1"
        for place in self._places():
            if place != self._late:
                self.start(place)
        self.is_running.set()
        return self._job

    def get(self, request: GetCustomJobRequest, context: Any) -> CustomJob:
        code = self.processes["workerpool0", 0].poll()
        self._job.state = JobState.JOB_STATE_RUNNING
        if code is not None:
            succeeded, failed = JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED
            self._job.state = failed if code else succeeded
        return self._job

    def cancel(self, request: CancelCustomJobRequest, context: Any) -> empty_pb2.Empty:
        self.requests.append(request)
        if self.processes["workerpool0", 0].poll() is not None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "It cannot be canceled.")
        for process in self.processes.values():
            process.kill()
        return empty_pb2.Empty()

    def start(self, place: tuple[str, int]) -> subprocess.Popen:
        pool, index = place
        hosts: dict[str, list[str]] = {}
        for name, number in self._places():
            hosts.setdefault(name, []).append(f"cmle-training-{name}-{number}:2222")
        spec = self._job.job_spec.worker_pool_specs[int(pool[-1])].container_spec
        task = {"type": pool, "index": index, "trial": ""}
        cluster = {"cluster": hosts, "environment": "cloud", "task": task}
        environment = {one.name: one.value for one in spec.env}
        program, *command = [*spec.command, *spec.args]
        assert program == "python"
        with (self._logs / f"{pool}-{index}.log").open("wb") as log:
            self.processes[place] = subprocess.Popen(
                [sys.executable, *command],
                env={**os.environ, **environment, "CLUSTER_SPEC": json.dumps(cluster)},
                stdout=log,
                stderr=log,
            )
        return self.processes[place]

    def _places(self) -> list[tuple[str, int]]:
        pools = self._job.job_spec.worker_pool_specs
        return [
            (f"workerpool{number}", index)
            for number, pool in enumerate(pools)
            for index in range(pool.replica_count)
        ]


@contextlib.contextmanager
def serving(replicas: Replicas) -> Iterator[aiplatform_v1.JobServiceClient]:
    """Gives a real client of a service on loopback; ends all replicas."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(_SERVICE, _handlers(replicas))]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    transport = transports.JobServiceGrpcTransport(channel=channel)
    try:
        yield aiplatform_v1.JobServiceClient(transport=transport)
    finally:
        channel.close()
        server.stop(None).wait()
        for process in replicas.processes.values():
            process.kill()
            process.wait()


def _handlers(replicas: Replicas) -> Mapping[str, grpc.RpcMethodHandler]:
    return {
        "CreateCustomJob": grpc.unary_unary_rpc_method_handler(
            replicas.create, CreateCustomJobRequest.deserialize, CustomJob.serialize
        ),
        "GetCustomJob": grpc.unary_unary_rpc_method_handler(
            replicas.get, GetCustomJobRequest.deserialize, CustomJob.serialize
        ),
        "CancelCustomJob": grpc.unary_unary_rpc_method_handler(
            replicas.cancel,
            CancelCustomJobRequest.deserialize,
            empty_pb2.Empty.SerializeToString,
        ),
    }
