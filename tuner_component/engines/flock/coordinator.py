"""The engine's side of a flock: lends jobs to workers through files."""

from __future__ import annotations

import collections
import functools
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence

from tuner_component.engines.arguments import check_arguments
from tuner_component.engines.base import Event
from tuner_component.engines.flock import layout, messages, roster
from tuner_component.engines.flock.layout import MARK, UP, Signs
from tuner_component.engines.flock.leadership import Leadership
from tuner_component.engines.flock.messages import Kind, Note, Setup
from tuner_component.engines.flock.roster import Member
from tuner_component.engines.flock.suspects import Suspects
from tuner_component.engines.flock.timing import Pace, Silence
from tuner_component.engines.storage.names import check_name
from tuner_component.engines.storage.objects import Storage
from tuner_component.engines.storage.retries import RetryingStorage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome

_logger = logging.getLogger(__name__)


class Flock:
    """Runs jobs on workers elsewhere, see `tuner_component.worker`. One thread only.

    It starts no worker: those that come take the jobs. Further ones stand by and take
    over from one that dies. A coordinator that is made on the same storage later takes
    the workers over, with the jobs that they have; the earlier one then ends.

    Args:
        storage: Shared with all workers, and used for nothing else.
        setup: What the workers are to do.
        num_slots: Jobs at once, >= 1: workers times slots of each.

    Raises:
        ValueError: If an argument is not what is described here.
        EngineError: If the storage cannot be used.
    """

    def __init__(self, storage: Storage, setup: Setup, num_slots: int) -> None:
        check_arguments(num_slots, setup.evaluator, setup.settings)
        self._num_slots = num_slots
        self._num_held_back = 0
        self._timing = setup.timing
        self._storage = RetryingStorage(storage)
        self._pace = Pace(setup.timing)
        self._queue: collections.deque[Job] = collections.deque()
        self._events: list[Event] = []
        self._members: dict[str, Member] = {}
        self._suspects = Suspects()
        self._absence = Silence(setup.timing.beat_seconds)
        self._is_closed = False
        self._complaint = ""
        self._attempt(lambda: self._begin(setup))

    @property
    def num_slots(self) -> int:
        """How many jobs may be under way; more while some wait beside a free worker."""
        return self._num_slots + self._num_held_back

    def submit(self, job: Job) -> None:
        """Takes a job; it waits when no worker is free.

        Raises:
            EngineError: If the flock is closed.
        """
        if self._is_closed:
            raise EngineError("The flock is closed; make a new one to run more jobs.")
        check_name(job.trial_id, "A trial's id")
        self._queue.append(job)
        self._pace.quicken()

    def wait(self, timeout_seconds: float | None = None) -> Sequence[Event]:
        """Blocks until something happens; empty when the time is over first.

        Without a job under way nothing can happen: empty at once if there is no
        timeout either.

        Raises:
            EngineError: If the storage fails, if no worker is there for
                `Timing.patience_seconds`, or if another coordinator has taken over.
        """
        patience = math.inf if timeout_seconds is None else timeout_seconds
        deadline = time.monotonic() + patience
        while True:
            self._attempt(self._look)
            left = deadline - time.monotonic()
            idle = timeout_seconds is None and not self._jobs_under_way()
            if self._events or left <= 0 or idle:
                break
            time.sleep(min(self._pace.pause(), left))
        events, self._events = self._events, []
        for event in events:
            if isinstance(event, Outcome):
                self._suspects.hear(event)
        return events

    def cancel(self, trial_id: str) -> None:
        """Ends a job without an outcome; nothing for one that is not under way."""
        self._queue = collections.deque(
            job for job in self._queue if job.trial_id != trial_id
        )
        self._events = [e for e in self._events if e.trial_id != trial_id]
        for member in self._members.values():
            numbers = member.numbers_of(trial_id)
            for number in numbers:
                member.lent[number].is_cancelled = True
            self._attempt(functools.partial(self._tell_to_end, member, numbers))

    def close(self) -> None:
        """Ends the study's workers, each within a beat; safe to call twice."""
        self._is_closed = True
        self._queue.clear()
        self._events.clear()
        self._lead.end(study_has_ended=True)
        self._storage.close()

    def _begin(self, setup: Setup) -> None:
        self._lead = Leadership(
            self._storage, messages.write_setup(setup), setup.timing
        )
        try:
            for identity in self._read_signs().beats:
                self._add(identity, is_awaited=True)
        except OSError:
            self._lead.end(study_has_ended=False)
            raise

    def _attempt(self, operation: Callable[[], None]) -> None:
        try:
            operation()
        except OSError as error:
            raise self._broken(error) from error

    def _broken(self, error: OSError) -> EngineError:
        return EngineError(
            f"The flock's folder {self._storage.root} cannot be used: {error}. Free "
            "space, fix the permissions or wait until the storage is back, then run "
            "the step again: what has ended is kept."
        )

    def _jobs_under_way(self) -> bool:
        return bool(self._queue) or any(
            not lent.is_cancelled
            for member in self._members.values()
            for lent in member.lent.values()
        )

    def _look(self) -> None:
        if self._is_closed:
            return
        self._lead.confirm()
        self._hear(self._read_signs())
        self._dispatch()
        self._require_somebody()

    def _read_signs(self) -> Signs:
        return layout.read_signs(self._storage.list(UP), self._lead.term)

    def _hear(self, signs: Signs) -> None:
        """Takes all reports that are there, and misses those who are silent."""
        for identity in signs.beats.keys() | signs.mails.keys():
            if identity not in self._members:
                self._add(identity, is_awaited=False)
        mails = {
            layout.mail_name(member.id, self._lead.term, number): (member, number)
            for member in self._members.values()
            for number in _in_order(member.next_mail, signs.mails.get(member.id, ()))
        }
        contents = self._storage.read_all(mails)
        for name, (member, number) in mails.items():
            if name in contents and number == member.next_mail:
                self._take(member, contents[name])
        self._storage.delete_all([*contents, *signs.outdated])
        for member in list(self._members.values()):
            self._miss(member, signs.beats.get(member.id, -1))

    def _add(self, identity: str, *, is_awaited: bool) -> None:
        silence = Silence(self._timing.beat_seconds)
        self._members[identity] = Member(identity, silence, is_awaited=is_awaited)

    def _take(self, member: Member, report: bytes) -> None:
        self._pace.quicken()
        member.next_mail += 1
        try:
            notes = messages.read_notes(report)
        except EngineError as error:
            _logger.warning("Report of worker %s: %s", member.id, error)
            self._take_away(member, f"sent what cannot be read: {error}")
            return
        for note in notes:
            self._take_note(member, note)

    def _take_note(self, member: Member, note: Note) -> None:
        if note.kind is Kind.LEFT:
            self._complaint = note.why and f" {member.id} has left: {note.why}"
            self._events += member.take_away("has left").values()
            self._members.pop(member.id, None)
            return
        lent = member.lent.get(note.number)
        event = member.take(note)
        if lent is not None and lent.is_cancelled and note.number not in member.lent:
            self._storage.delete(
                layout.cancel_name(self._lead.term, member.id, note.number)
            )
        if event is not None:
            self._events.append(event)

    def _miss(self, member: Member, beat: int) -> None:
        # A listing may miss what is replaced meanwhile.
        member.beat = max(member.beat, beat)
        seconds = member.silence.look((member.beat, member.next_mail))
        if seconds == 0.0:
            member.is_lost = False
        elif seconds > self._timing.expiry_seconds and not member.is_lost:
            member.is_lost, member.is_awaited = True, False
            # The next coordinator need not wait for who will not come back.
            self._storage.delete(layout.beat_name(member.id, member.beat))
            self._take_away(
                member,
                f"has given no sign of life for {seconds:.0f} s; it was killed, paused "
                "or cut off from the storage",
            )

    def _take_away(self, member: Member, why: str) -> None:
        outcomes = member.take_away(why)
        self._events += outcomes.values()
        self._tell_to_end(member, outcomes)

    def _tell_to_end(self, member: Member, numbers: Iterable[int]) -> None:
        term = self._lead.term
        self._storage.write_all(
            {layout.cancel_name(term, member.id, number): MARK for number in numbers}
        )

    def _dispatch(self) -> None:
        """Lends waiting jobs to free workers.

        None before all who were there have said which trials they have: one of those
        could be run twice.
        """
        if any(member.is_awaited for member in self._members.values()):
            return
        held = {t for member in self._members.values() for t in member.holding}
        waiting = sorted(self._queue, key=lambda job: job.trial_id not in held)
        self._queue.clear()
        mails = {}
        for job in waiting:
            avoided = self._suspects.of(job.trial_id)
            member = roster.choose(self._members.values(), job, avoided)
            if member is None:
                self._queue.append(job)
                continue
            name = layout.job_name(member.id, self._lead.term, member.lend(job))
            mails[name] = messages.write_job(job)
        self._num_held_back = self._suspects.num_on_trial(
            self._members.values(), len(self._queue)
        )
        self._storage.write_all(mails)

    def _require_somebody(self) -> None:
        present = any(member.is_present for member in self._members.values())
        sign = object() if present or not self._jobs_under_way() else None
        seconds = self._absence.look(sign)
        if seconds > self._timing.patience_seconds:
            raise EngineError(
                f"No worker has been there for {seconds:.0f} s. Start some with "
                f"`python -m tuner_component.worker --root {self._storage.root}`, and "
                f"run the step again: what has ended is kept.{self._complaint}"
            )


def _in_order(first: int, numbers: Iterable[int]) -> list[int]:
    """Returns the numbers from `first` up to the first that is missing."""
    there, found = set(numbers), []
    while first in there:
        found.append(first)
        first += 1
    return found
