"""Runs the rounds of a search as a pipeline of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions

from tuner_component.engines.beam.loopback import on_loopback
from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.state import State
from tuner_component.engines.beam.transform import SearchRounds
from tuner_component.engines.beam.workshop import WORKSHOP

# Beam ends jobs of some servers, Prism's too, after the time that it gives a server to
# answer: 60 s by default.
_PATIENCE = "--job_server_timeout=10000000"
_ANSWER_SECONDS = 60.0


def submitter(arguments: Sequence[str]) -> Callable[[Order, State, int], None]:
    """Returns what runs a pipeline to its end; it raises if the pipeline breaks.

    Args:
        arguments: The pipeline's options: `--runner=...` and so on.
    """

    def submit(order: Order, state: State, num_rounds: int) -> None:
        try:
            pipeline = beam.Pipeline(argv=[_PATIENCE, *arguments])
            _reach(pipeline.options)
            _ = pipeline | "Search" >> SearchRounds(order, state, num_rounds)
            with on_loopback():
                pipeline.run().wait_until_finish()
        finally:
            # Some runners have their workers in this process.
            WORKSHOP.close()

    return submit


def _reach(options: PipelineOptions) -> None:
    endpoint = options.view_as(PortableOptions).job_endpoint or ""
    host, colon, port = endpoint.rpartition(":")
    end = time.monotonic() + _ANSWER_SECONDS
    while colon:
        try:
            socket.create_connection((host.strip("[]"), int(port)), 10.0).close()
            return
        except OSError as error:
            if time.monotonic() >= end:
                raise ConnectionError(
                    f"--job_endpoint={endpoint} does not answer for "
                    f"{_ANSWER_SECONDS:g} s: {error}. Expected the host and port of a "
                    "job server."
                ) from error
        time.sleep(0.5)
