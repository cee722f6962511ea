"""The contract that every engine keeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Measurement


@dataclasses.dataclass(frozen=True)
class Started:
    """A worker has begun a job; its clock runs from here."""

    trial_id: str
    worker: str


@dataclasses.dataclass(frozen=True)
class Measured:
    """A job's training has got somewhere."""

    trial_id: str
    measurement: Measurement


Event = Started | Measured | Outcome


class Engine(Protocol):
    """Runs jobs somewhere, several at once.

    An engine never raises for what happens to one job: a worker's death, a
    hang or too much memory becomes an `Outcome` with an error.
    """

    @property
    def num_slots(self) -> int:
        """How many jobs run at once."""

    def submit(self, job: Job) -> None:
        """Takes a job; at most `num_slots` may be under way."""

    def wait(self, timeout_seconds: float | None = None) -> Sequence[Event]:
        """Blocks until something happens; empty when the time is over first.

        Raises:
            EngineError: If no worker can be had any more.
        """

    def cancel(self, trial_id: str) -> None:
        """Ends a job without an outcome; nothing for one that is not under way."""

    def close(self) -> None:
        """Ends every worker; safe to call twice. No process stays behind."""
