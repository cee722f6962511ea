"""The jobs that a worker has, in a local pool, and what there is to report of them."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable

from tuner_component.engines.base import Event, Measured, Started
from tuner_component.engines.flock.messages import Kind, Note
from tuner_component.engines.local_pool import LocalPool
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Reason, TrialError


@dataclasses.dataclass
class _Held:
    """A job; its number is None when it came from an earlier coordinator."""

    job: Job
    number: int | None


class HeldJobs:
    """Runs jobs in processes of this host, and gathers notes about them.

    Args:
        make_pool: Starts the pool.

    Attributes:
        notes: What is still to be reported, oldest first.
    """

    def __init__(self, make_pool: Callable[[], LocalPool]) -> None:
        self._pool = make_pool()
        self._running: dict[str, _Held] = {}
        self._ended: collections.deque[tuple[_Held, Outcome]] = collections.deque(
            maxlen=2 * self._pool.num_slots
        )
        self.notes: list[Note] = []

    @property
    def num_free(self) -> int:
        """How many jobs the present coordinator may add."""
        held = sum(held.number is not None for held in self._running.values())
        return self._pool.num_slots - held

    @property
    def num_slots(self) -> int:
        """How many jobs may be under way at once; fewer if they cannot be together."""
        return self._pool.num_slots

    def disown(self) -> None:
        """Makes all jobs an earlier coordinator's."""
        self.notes.clear()
        for held in self._every():
            held.number = None

    def joined(self) -> Note:
        """Returns what tells the coordinator how many jobs there may be, and are.

        An earlier coordinator's that have ended lately are among them: nobody may have
        heard of it.
        """
        orphans = [h.job.trial_id for h in self._every() if h.number is None]
        return Note(
            Kind.JOINED, slots=self.num_slots, holding=tuple(dict.fromkeys(orphans))
        )

    def _every(self) -> list[_Held]:
        return [*self._running.values(), *(held for held, _ in self._ended)]

    def take(self, number: int, job: Job) -> None:
        """Runs a job, unless it runs or has ended for an earlier coordinator."""
        held = self._running.get(job.trial_id)
        if held is not None and _is_same(held, job):
            held.number = number
            self._note(Kind.STARTED, number)
            return
        for held, outcome in self._ended:
            if _is_same(held, job):
                held.number = number
                self._note(Kind.STARTED, number)
                self._note(Kind.OUTCOME, number, outcome)
                return
        self._make_room(job.trial_id)
        self._running[job.trial_id] = _Held(job, number)
        self._pool.submit(job)

    def cancel(self, number: int) -> None:
        """Ends a job without an outcome; nothing for one that is not under way."""
        for trial_id, held in list(self._running.items()):
            if held.number == number:
                self._drop(trial_id)
                self._note(Kind.CANCELLED, number)

    def give_up(self, why: str) -> None:
        """Ends all jobs: they may be somebody else's by now."""
        for trial_id, held in list(self._running.items()):
            self._drop(trial_id)
            if held.number is not None:
                self.refuse(held.number, held.job, why)

    def refuse(self, number: int, job: Job | None, why: str) -> None:
        """Notes that a job cannot be run here."""
        outcome = Outcome(
            job.trial_id if job else "",
            job.attempt if job else 0,
            error=TrialError(Reason.INFRASTRUCTURE, why),
        )
        self._note(Kind.OUTCOME, number, outcome)

    def wait(self, seconds: float) -> None:
        """Blocks until there is something to note, or the time is over.

        Raises:
            EngineError: If this host cannot run jobs; they have been given up.
        """
        try:
            events = self._pool.wait(seconds)
        except EngineError as error:
            self.give_up(str(error))
            raise
        for event in events:
            self._hear(event)

    def close(self) -> None:
        """Ends all processes; safe to call twice."""
        self._running.clear()
        self._pool.close()

    def _hear(self, event: Event) -> None:
        held = self._running.get(event.trial_id)
        if held is None:
            return
        if isinstance(event, Outcome):
            del self._running[event.trial_id]
            if event.error is None or not event.error.is_infrastructure:
                self._ended.append((held, event))
        if held.number is None:
            return
        if isinstance(event, Started):
            self._note(Kind.STARTED, held.number)
        elif isinstance(event, Measured):
            note = Note(Kind.MEASURED, held.number, measurement=event.measurement)
            self.notes.append(note)
        else:
            self._note(Kind.OUTCOME, held.number, event)

    def _make_room(self, trial_id: str) -> None:
        """Ends what an earlier coordinator wanted if its place is needed."""
        if trial_id in self._running:
            self._drop(trial_id)
        if len(self._running) >= self._pool.num_slots:
            self._drop(next(t for t, h in self._running.items() if h.number is None))

    def _drop(self, trial_id: str) -> None:
        del self._running[trial_id]
        self._pool.cancel(trial_id)

    def _note(self, kind: Kind, number: int, outcome: Outcome | None = None) -> None:
        self.notes.append(Note(kind, number, outcome=outcome))


def _is_same(held: _Held, job: Job) -> bool:
    """Whether a job of an earlier coordinator is this one, in whatever attempt."""
    return held.number is None and job == dataclasses.replace(
        held.job, attempt=job.attempt
    )
