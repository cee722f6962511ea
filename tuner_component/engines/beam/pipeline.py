"""Runs the rounds of a search as a pipeline of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apache_beam as beam

from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.state import State
from tuner_component.engines.beam.transform import SearchRounds
from tuner_component.engines.beam.workshop import WORKSHOP


def submitter(arguments: Sequence[str]) -> Callable[[Order, State, int], None]:
    """Returns what runs a pipeline to its end; it raises if the pipeline breaks.

    Args:
        arguments: The pipeline's options: `--runner=...` and so on.
    """

    def submit(order: Order, state: State, num_rounds: int) -> None:
        try:
            pipeline = beam.Pipeline(argv=list(arguments))
            _ = pipeline | "Search" >> SearchRounds(order, state, num_rounds)
            pipeline.run().wait_until_finish()
        finally:
            # Some runners have their workers in this process.
            WORKSHOP.close()

    return submit
