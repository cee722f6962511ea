"""The workers of a flock as the coordinator knows them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Iterable

from tuner_component.engines.base import Event, Measured, Started
from tuner_component.engines.flock.messages import Kind, Note
from tuner_component.engines.flock.timing import Silence
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Measurement, Reason, TrialError


@dataclasses.dataclass
class Lent:
    """A job that a member has."""

    job: Job
    is_cancelled: bool = False
    started: float | None = None  # seconds of the monotonic clock
    measurements: list[Measurement] = dataclasses.field(default_factory=list)

    def lost(self, why: str, member: str) -> Outcome:
        """Returns the outcome of a job that nobody will hear of again."""
        seconds = 0.0 if self.started is None else time.monotonic() - self.started
        return Outcome(
            self.job.trial_id,
            self.job.attempt,
            measurements=tuple(self.measurements),
            error=TrialError(Reason.INFRASTRUCTURE, f"The worker {member} {why}."),
            started_at=time.time() - seconds,
            duration_seconds=seconds,
            worker=member,
        )


class Member:
    """One life of one worker.

    Attributes:
        id: The member's name in the layout.
        silence: How long it has given no sign of life.
        beat: Number of its last sign of life.
        is_awaited: Whether it was there before this coordinator, and has not said yet
            which trials it has.
        is_lost: Whether its silence was too long; a sign of life mends it.
        lent: The jobs that it has, by number.
        next_job: Number of its next job.
        next_mail: Number of its next report.
        holding: See `Note.holding`.
    """

    def __init__(self, identity: str, silence: Silence, *, is_awaited: bool) -> None:
        self.id = identity
        self.silence = silence
        self.beat = -1
        self.is_awaited = is_awaited
        self.is_lost = False
        self.lent: dict[int, Lent] = {}
        self.next_job = 0
        self.next_mail = 0
        self.holding: set[str] = set()
        self._slots = 0

    @property
    def num_free(self) -> int:
        """How many more jobs it takes."""
        return 0 if self.is_lost else self._slots - len(self.lent)

    @property
    def is_present(self) -> bool:
        """Whether it has joined and lives."""
        return self._slots > 0 and not self.is_lost

    def lend(self, job: Job) -> int:
        """Takes note of a job that it gets; returns the job's number."""
        number, self.next_job = self.next_job, self.next_job + 1
        self.lent[number] = Lent(job)
        self.holding.discard(job.trial_id)
        return number

    def numbers_of(self, trial_id: str) -> list[int]:
        """Returns the numbers of its jobs that belong to a trial and shall go on."""
        return [
            number
            for number, lent in self.lent.items()
            if lent.job.trial_id == trial_id and not lent.is_cancelled
        ]

    def take_away(self, why: str) -> dict[int, Outcome]:
        """Ends what it has, as far as the study is concerned; returns the outcomes.

        The jobs stay lent, cancelled, until it says that they have ended.
        """
        outcomes = {}
        for number, lent in self.lent.items():
            if not lent.is_cancelled:
                outcomes[number] = lent.lost(why, self.id)
                lent.is_cancelled = True
        return outcomes

    def take(self, note: Note) -> Event | None:
        """Takes note of what it reports; returns what the study must know."""
        if note.kind is Kind.JOINED:
            self._slots = note.slots
            self.holding = set(note.holding)
            self.is_awaited = False
            return None
        if note.kind in (Kind.OUTCOME, Kind.CANCELLED):
            lent = self.lent.pop(note.number, None)
        else:
            lent = self.lent.get(note.number)
        return None if lent is None or lent.is_cancelled else self._event(lent, note)

    def _event(self, lent: Lent, note: Note) -> Event | None:
        if note.kind is Kind.STARTED:
            lent.started = time.monotonic()
            return Started(lent.job.trial_id, self.id)
        if note.measurement is not None:
            lent.measurements.append(note.measurement)
            return Measured(lent.job.trial_id, note.measurement)
        if note.outcome is None:
            return lent.lost("ended a job that nobody had cancelled", self.id)
        # A worker has no say in which trial its outcome belongs to.
        return dataclasses.replace(
            note.outcome,
            trial_id=lent.job.trial_id,
            attempt=lent.job.attempt,
            worker=self.id,
        )


def choose(
    members: Iterable[Member], job: Job, avoided: Collection[str] = ()
) -> Member | None:
    """Returns who gets a job; None when it has to wait.

    It is who has begun it for an earlier coordinator, or else the member with the
    most free slots.

    Args:
        members: Of the flock.
        job: What is to be run.
        avoided: Ids of those where it broke off. It may be their host's fault, and who
            breaks off all it gets is always free: the job rather waits for another.
    """
    present = [member for member in members if member.is_present]
    for member in present:
        if job.trial_id in member.holding and member.num_free > 0:
            return member
    others = [member for member in present if member.id not in avoided] or present
    free = [member for member in others if member.num_free > 0]
    return max(free, key=lambda member: member.num_free, default=None)
