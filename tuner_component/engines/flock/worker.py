"""One worker of a flock: takes jobs from its mailbox as long as there is a study."""

from __future__ import annotations

import contextlib
import logging
import time

from tuner_component.engines.flock import code, layout, messages
from tuner_component.engines.flock.heartbeat import Heartbeat
from tuner_component.engines.flock.held_jobs import HeldJobs
from tuner_component.engines.flock.layout import LEAD, Lead, Term
from tuner_component.engines.flock.messages import Kind, Note, Setup
from tuner_component.engines.flock.timing import Pace, Silence, Timing
from tuner_component.engines.flock.workplace import Workplace, unseen
from tuner_component.engines.storage.objects import Storage
from tuner_component.engines.storage.retries import RetryingStorage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job

_BATCHED = (Kind.STARTED, Kind.MEASURED)
_logger = logging.getLogger(__name__)


class FlockWorker:
    """Serves whoever coordinates the study on a storage, until it has ended.

    This process runs none of the user's code: that is in a pool of its own, so a
    crash, a hang or too much memory takes one trial, and no code keeps this process
    from giving signs of life.

    Args:
        storage: Shared with the coordinator.
        name: Names the worker: letters, digits, "_", "-".
        num_slots: Jobs at once, >= 1.
        log_folder: Local folder for the logs of the processes that run jobs.
        patience_seconds: How long to wait for the first coordinator.
        scratch: Local folder for the user's code and for temporary files.

    Raises:
        EngineError: If the name is no plain one.
    """

    def __init__(
        self,
        storage: Storage,
        name: str,
        num_slots: int,
        log_folder: str,
        patience_seconds: float,
        scratch: str,
    ) -> None:
        self.id = layout.new_member(name)
        self._storage = RetryingStorage(storage)
        self._workplace = Workplace(num_slots, log_folder, scratch)
        self._patience = patience_seconds
        self._timing = Timing()
        self._pace = Pace(self._timing)
        self._lead_silence = Silence(self._timing.beat_seconds)
        self._trouble = Silence(self._timing.beat_seconds)
        self._has_ended = False
        self._why_left = ""
        self._term: Term | None = None
        self._setup: Setup | None = None
        self._jobs: HeldJobs | None = None
        self._num_joined = 0
        self._heartbeat = Heartbeat(self._storage, self.id, self._workplace.lease)
        self._batch_end = float("inf")
        self._next_job = self._next_mail = 0

    def serve(self) -> str:
        """Works; returns why it is over, for people.

        Raises:
            EngineError: If there is no coordinator for too long, the storage fails,
                or this host cannot run jobs.
        """
        try:
            while not self._has_ended:
                try:
                    self._turn()
                except OSError as error:
                    self._bear(error)
            return "The study has ended."
        except EngineError as error:
            self._why_left = str(error)
            raise
        finally:
            self._leave()

    def _turn(self) -> None:
        if time.monotonic() >= self._heartbeat.next_at:
            self._meet()
        if self._jobs is None or self._term is None:
            time.sleep(self._pace.pause())
            return
        self._fetch(self._jobs, self._term)
        self._jobs.wait(self._pause(self._jobs))
        if self._jobs.num_slots != self._num_joined:
            self._join(self._jobs)
        self._send(self._jobs, self._term)
        self._trouble.look(object())

    def _bear(self, error: OSError) -> None:
        """Lives on without the storage, for a while.

        Raises:
            EngineError: If it has lasted too long, or waiting cannot mend it.
        """
        lasting = isinstance(error, PermissionError) and self._term is None
        if lasting or self._trouble.look("failing") > self._patience:
            raise EngineError(
                f"The flock's folder {self._storage.root} cannot be used: {error}. Fix "
                "its permissions, free space, or check --root, and start the worker "
                "again."
            ) from error
        _logger.warning("The flock's folder fails: %s", error)
        if self._jobs is not None:
            self._jobs.wait(self._timing.longest_poll_seconds)
        else:
            time.sleep(self._timing.longest_poll_seconds)

    def _meet(self) -> None:
        """Shows a sign of life, and looks for that of the coordinator."""
        lead = layout.read_lead(self._storage.list(LEAD))
        sign = (lead.term, lead.beat) if lead else None
        silent = self._lead_silence.look(sign)
        self._has_ended = lead is not None and lead.ended
        if self._has_ended:
            return
        if silent > self._patience:
            raise EngineError(
                f"{self._storage.root} has had no coordinator for {silent:.0f} s. Run "
                "the step, then start the worker again."
            )
        if lead is None:
            return
        if self._term is None or lead.term > self._term:
            self._follow(lead)
        self._give_sign()
        self._end_cancelled(lead)

    def _follow(self, lead: Lead) -> None:
        """Joins a coordinator; jobs of the one before go on."""
        setup = messages.read_setup(self._storage.read(layout.setup_name(lead.term)))
        if self._jobs is not None and setup != self._setup:
            self._jobs.close()
            self._jobs = None
        if self._jobs is None:
            if setup != self._setup:
                self._adopt(setup)
            self._require(unseen(setup), lead.term)
            archive = code.read(self._storage, setup.code) if setup.code else b""
            self._jobs = self._opened(setup, archive, lead.term)
        self._jobs.disown()
        self._join(self._jobs)
        self._term, self._next_job, self._next_mail = lead.term, 0, 0
        self._pace.quicken()
        _logger.info("%s serves coordinator %s.", self.id, lead.term)

    def _join(self, jobs: HeldJobs) -> None:
        self._num_joined = jobs.num_slots
        jobs.notes.append(jobs.joined())

    def _adopt(self, setup: Setup) -> None:
        self._setup, self._timing = setup, setup.timing
        self._patience = setup.timing.patience_seconds
        self._pace = Pace(setup.timing)
        self._lead_silence = Silence(2 * setup.timing.beat_seconds)
        self._trouble = Silence(2 * setup.timing.beat_seconds)

    def _opened(self, setup: Setup, archive: bytes, term: Term) -> HeldJobs:
        """Starts the processes for a study's jobs; leaves if this host cannot."""
        try:
            environment = self._workplace.prepare(setup, archive)
            return HeldJobs(lambda: self._workplace.open_pool(setup, environment))
        except OSError as error:
            self._require(self._workplace.unusable(error), term)
            raise

    def _require(self, why: str | None, term: Term) -> None:
        """Leaves if there is a reason why this host cannot work.

        Raises:
            EngineError: Says the reason.
        """
        if why is None:
            return
        left = messages.write_notes([Note(Kind.LEFT, why=why)])
        self._storage.write(layout.mail_name(self.id, term, 0), left)
        raise EngineError(f"{self.id} cannot work: {why}")

    def _give_sign(self) -> None:
        if self._trouble.seconds > self._timing.lease_seconds:
            return  # who cannot report is of no use
        if self._jobs is not None and self._heartbeat.is_late:
            self._jobs.give_up("This worker was paused or cut off from the storage.")
        self._heartbeat.give(self._timing)

    def _end_cancelled(self, lead: Lead) -> None:
        if self._jobs is not None and lead.term == self._term:
            for number in lead.cancelled.get(self.id, ()):
                self._jobs.cancel(number)

    def _fetch(self, jobs: HeldJobs, term: Term) -> None:
        """Takes as many jobs as there are and fit."""
        while jobs.num_free > 0:
            name = layout.job_name(self.id, term, self._next_job)
            try:
                data = self._storage.read(name)
            except FileNotFoundError:
                return
            number, self._next_job = self._next_job, self._next_job + 1
            self._pace.quicken()
            job = self._read_job(jobs, number, data)
            if job is not None:
                jobs.take(number, job)
            self._storage.delete(name)

    def _read_job(self, jobs: HeldJobs, number: int, data: bytes) -> Job | None:
        try:
            return messages.read_job(data)
        except EngineError as error:
            jobs.refuse(number, None, f"The worker {self.id} got no job: {error}")
            return None

    def _pause(self, jobs: HeldJobs) -> float:
        """Returns for how long nothing but this host's processes matters."""
        now = time.monotonic()
        if jobs.notes:
            self._batch_end = min(self._batch_end, now + self._timing.batch_seconds)
        pauses = [self._heartbeat.next_at - now, self._batch_end - now]
        if jobs.num_free > 0:
            pauses.append(self._pace.pause())
        if _is_urgent(jobs.notes):
            pauses.append(0.0)
        return max(0.0, min(pauses))

    def _send(self, jobs: HeldJobs, term: Term) -> None:
        """Reports what there is, if it is urgent or has waited for long enough."""
        if not jobs.notes:
            return
        if time.monotonic() < self._batch_end and not _is_urgent(jobs.notes):
            return
        name = layout.mail_name(self.id, term, self._next_mail)
        self._storage.write(name, messages.write_notes(jobs.notes))
        self._next_mail += 1
        self._batch_end = float("inf")
        jobs.notes.clear()
        self._pace.quicken()

    def _leave(self) -> None:
        if self._jobs is not None:
            self._jobs.close()
        if self._jobs is not None and self._term is not None:
            with contextlib.suppress(OSError):
                if not self._has_ended:
                    self._jobs.notes.append(Note(Kind.LEFT, why=self._why_left))
                    self._send(self._jobs, self._term)
                self._heartbeat.end()
        self._storage.close()


def _is_urgent(notes: list[Note]) -> bool:
    return any(note.kind not in _BATCHED for note in notes)
