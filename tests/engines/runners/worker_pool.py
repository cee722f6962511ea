"""Starts Beam's Python workers for whoever asks, each a process, on loopback alone.

Beam's own `worker_pool_main` does the same on every address of the machine. It knows
workers by names that are the same on every host, so it would stop those of another
task manager; here a worker ends when its task manager lets go of it.
"""

from __future__ import annotations

import sys

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import (
    BeamFnExternalWorkerPoolServicer,
)
from apache_beam.utils import thread_pool_executor


class Pool(BeamFnExternalWorkerPoolServicer):
    def StopWorker(  # noqa: N802 - Beam's name
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        return beam_fn_api_pb2.StopWorkerResponse()


if __name__ == "__main__":
    server = grpc.server(thread_pool_executor.shared_unbounded_instance())
    port = server.add_insecure_port("127.0.0.1:0")
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(
        Pool(use_process=True), server
    )
    server.start()
    sys.stdout.write(f"workers at 127.0.0.1:{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
