"""What flows from round to round, as one string of JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from tuner_component.engines.beam.order import Proposed, Record
from tuner_component.evaluation import Job, Outcome
from tuner_component.records import decode, encode


@dataclasses.dataclass(frozen=True)
class State:
    """A search between two rounds.

    Attributes:
        submission: The name of the pipeline that the round is of.
        number: Of the round, from 0.
        records: The study's journal.
        jobs: The round.
        done: Why the search has ended; empty while it goes on.
        failure: Why it cannot go on; empty while it can.
    """

    submission: str
    number: int
    records: Sequence[Record]
    jobs: Sequence[Job] = ()
    done: str = ""
    failure: str = ""

    @property
    def round_name(self) -> str:
        """Names the round in the study's folder."""
        return f"{self.submission}/{self.number:05d}"

    def after(self, proposed: Proposed) -> State:
        """Returns the state with what was proposed in it."""
        return dataclasses.replace(
            self,
            records=[*self.records, *proposed.records],
            jobs=tuple(proposed.jobs),
            done=proposed.done,
            failure=proposed.failure,
        )

    def to_json(self) -> str:
        """Returns the state as JSON."""
        fields = {**vars(self), "jobs": [encode(job) for job in self.jobs]}
        return json.dumps(fields, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> State:
        """Reads what `to_json` wrote."""
        fields = json.loads(text)
        jobs = tuple(decode(Job, job) for job in fields.pop("jobs"))
        return cls(**fields, jobs=jobs)


@dataclasses.dataclass(frozen=True)
class Ticket:
    """An invitation to run jobs of a round, its own first.

    Attributes:
        round_name: The round.
        index: The place of its own job in the round.
        job: Its own job.
    """

    round_name: str
    index: int
    job: Job


def tickets(state: str) -> list[str]:
    """Returns one ticket, as JSON, for every job of the round."""
    read = State.from_json(state)
    return [
        json.dumps(
            {"round_name": read.round_name, "index": index, "job": encode(job)},
            allow_nan=False,
        )
        for index, job in enumerate(read.jobs)
    ]


def read_ticket(text: str) -> Ticket:
    """Reads what `tickets` wrote."""
    fields: dict[str, Any] = json.loads(text)
    return Ticket(**{**fields, "job": decode(Job, fields["job"])})


def write_outcome(outcome: Outcome) -> str:
    """Returns an outcome as JSON."""
    return json.dumps(encode(outcome), allow_nan=False)


def read_outcome(text: str) -> Outcome:
    """Reads what `write_outcome` wrote."""
    return decode(Outcome, json.loads(text))
