"""The engine for one host: warm worker processes from a fork server."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from tuner_component.engines.arguments import check_arguments
from tuner_component.engines.base import Event
from tuner_component.engines.growth import Growth
from tuner_component.engines.job_queue import JobQueue
from tuner_component.engines.limit_watch import LimitWatch
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.placement import worker_environments
from tuner_component.engines.pool_server import PoolServer, Preload
from tuner_component.engines.slot import Slot, State
from tuner_component.engines.worker_log import tail
from tuner_component.errors import EngineError
from tuner_component.evaluation import START_SECONDS, Job, Outcome
from tuner_component.trial import TrialError

_MOST_FAILED_STARTS = 3
_NOTHING, _UNLIMITED = Preload(), TrialLimits()


class LocalPool:
    """Runs jobs in processes of this host. One thread may use it.

    It starts in the background: jobs wait until a worker is ready. Each worker
    sees one GPU where there are any, and computes with one thread where several
    workers run. No process outlives the pool or the process that made it.

    Args:
        num_workers: Jobs at once, >= 1.
        evaluator: Import path "package.module:factory" of what makes an
            `Evaluator` in each worker.
        settings: The factory's keyword arguments; JSON.
        log_folder: Local folder for the logs of the workers; made if missing.
        preload: What to import once for all workers.
        limits: What a trial may use.
        environment: Variables that the workers have in addition.

    Raises:
        ValueError: If an argument is not what is described here.
    """

    def __init__(
        self,
        num_workers: int,
        evaluator: str,
        settings: Mapping[str, Any],
        *,
        log_folder: str,
        preload: Preload = _NOTHING,
        limits: TrialLimits = _UNLIMITED,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        check_arguments(num_workers, evaluator, settings)
        self._logs_on: str | None = ""
        self._growth: Growth | None = None
        self._start_seconds = 0.0
        self._setup = {"evaluator": evaluator, "settings": dict(settings)}
        folder, variables = Path(log_folder), {**os.environ, **(environment or {})}
        folder.mkdir(parents=True, exist_ok=True)
        self._slots = [
            Slot(
                f"worker-{number}",
                folder / f"worker-{number}.log",
                own,
                limits,
            )
            for number, own in enumerate(worker_environments(num_workers, variables))
        ]
        self._queue = JobQueue()
        self._events: list[Event] = []
        self._serials = itertools.count(1)
        self._failed_starts = 0
        self._failure: EngineError | None = None
        self._watch = LimitWatch(limits, self._slots)
        self._server = PoolServer(preload, variables, folder)

    @property
    def num_slots(self) -> int:
        """How many jobs may be under way: those that workers do, or could together."""
        return self._num_workers() * self._queue.num_together

    def _num_workers(self) -> int:
        if self._growth is None:
            return len(self._slots)
        running = [slot.trial_seconds() for slot in self._slots]
        return self._growth.num_workers(len(self._slots), running)

    @property
    def session(self) -> int:
        """The id of the operating system's session that all its processes are in."""
        return self._server.process.session

    def name_logs(self, host: str | None) -> None:
        """Says for readers elsewhere where logs are: on `host`; None: soon gone."""
        self._logs_on = host

    def do_together(self, num_jobs: int) -> None:
        """Lets a worker do so many jobs at once from now on, where that many wait.

        It needs an evaluator that can, see `evaluation.Together`. Whatever happens to
        such a worker, each of its jobs runs again on its own.
        """
        self._queue.num_together = num_jobs

    def grow(self, num_jobs: int) -> None:
        """Begins with one worker, and has more as soon as they are worth their start.

        Args:
            num_jobs: How many trials are to come. That of a worker's start is known
                from a job that is no trial; without one, all workers start at once.
        """
        if self._start_seconds:
            self._growth = Growth(num_jobs, self._start_seconds)

    def submit(self, job: Job) -> None:
        """Takes a job; it waits when no worker is free.

        Raises:
            EngineError: If the pool is closed.
        """
        if self._server.is_closed:
            raise self._failure or EngineError(
                "The pool is closed; make a new one to run more jobs."
            )
        self._queue.add(job)
        if self._growth is not None:
            self._growth.submitted()
        if self._queue.num_together == 1 or not job.is_trial:
            self._dispatch()

    def wait(self, timeout_seconds: float | None = None) -> Sequence[Event]:
        """Blocks until something happens; empty when the time is over first.

        Without a job under way nothing can happen: empty at once if there is no
        timeout either.

        Raises:
            EngineError: If no worker can be had any more.
        """
        patience = math.inf if timeout_seconds is None else timeout_seconds
        deadline = time.monotonic() + patience
        self._dispatch()
        while not self._events and not self._failure:
            if timeout_seconds is None and not self._jobs_under_way():
                break
            self._listen(deadline)
            self._enforce_limits()
            self._dispatch()
            if time.monotonic() >= deadline:
                break
        if self._failure and not self._events:
            raise self._failure
        events, self._events = self._events, []
        return events

    def cancel(self, trial_id: str) -> None:
        """Ends a job without an outcome; nothing for one that is not under way."""
        self._queue.remove(trial_id)
        self._events = [e for e in self._events if e.trial_id != trial_id]
        for slot in self._slots:
            if trial_id in slot.trial_ids:
                slot.forget_job(trial_id)
                self._end(slot)

    def close(self) -> None:
        """Ends every worker within two seconds; safe to call twice."""
        self._queue.clear()
        self._events.clear()
        for slot in self._slots:
            slot.hang_up()
        self._server.close()

    def _jobs_under_way(self) -> bool:
        return bool(self._queue) or any(slot.trial_ids for slot in self._slots)

    def _dispatch(self) -> None:
        """Hands waiting jobs to idle workers; starts workers for the rest."""
        for slot in self._slots:
            if self._queue and slot.state is State.IDLE:
                busy = (State.BUSY, State.ENDING)
                free = sum(other.state not in busy for other in self._slots)
                slot.begin(self._queue.share(free))
        wanted = len(self._queue)
        wanted -= sum(slot.state is State.STARTING for slot in self._slots)
        for slot in self._slots:
            if wanted > 0 and slot.state is State.EMPTY and not self._server.is_closed:
                slot.start(self._server.process, next(self._serials), self._setup)
                wanted -= 1

    def _take_back(self, slot: Slot) -> None:
        """Takes the jobs that were to be done at once, and were not."""
        left = slot.take_left()
        if left:
            self._queue.take_back(left, slot.num_together)

    def _listen(self, deadline: float) -> None:
        """Takes all messages that are there, waiting for one if there is none."""
        slots = {slot.connection: slot for slot in self._slots if slot.connection}
        server = self._server.connection
        patience = min(deadline, self._watch.next_check()) - time.monotonic()
        ready = wait(
            [*slots, server], None if patience == math.inf else max(0.0, patience)
        )
        for connection, slot in slots.items():
            if connection in ready:
                self._hear(slot)
        if server in ready:
            self._hear_server()

    def _hear(self, slot: Slot) -> None:
        """Takes the messages of one worker."""
        try:
            while slot.has_message():
                event = slot.receive()
                if isinstance(event, Outcome):
                    self._note(event)
                if slot.was_ready:
                    self._failed_starts = 0
                if event is not None:
                    self._events.append(event)
                self._take_back(slot)
        except EOFError:
            slot.cut_off()
            self._server.process.kill(slot.serial, is_cut=True)

    def _note(self, outcome: Outcome) -> None:
        if self._growth is None:
            self._start_seconds = float(
                outcome.report.get(START_SECONDS, outcome.duration_seconds)
            )
        elif outcome.error is None:
            self._growth.ended(outcome.duration_seconds)

    def _hear_server(self) -> None:
        try:
            ended = self._server.process.receive()
        except EOFError:
            self._replace_server()
            return
        for slot in self._slots:
            if ended is not None and slot.serial == ended[0]:
                self._worker_ended(slot, ended[1])

    def _worker_ended(self, slot: Slot, how: str) -> None:
        self._hear(slot)
        if not slot.was_ready:
            self._failed_starts += 1
        outcome = slot.end(f"{how}.{self._where(slot)}")
        if outcome is not None:
            self._events.append(outcome)
        self._take_back(slot)
        if self._failed_starts >= _MOST_FAILED_STARTS:
            self._failure = EngineError(
                f"{self._failed_starts} workers in a row ended before they were ready; "
                f"the last: {how}. The end of {slot.log}:\n{tail(slot.log)}"
            )

    def _where(self, slot: Slot) -> str:
        """Says where the log of a worker is, to whom can read it."""
        if self._logs_on is None:
            return ""
        return f" Its log is {slot.log}{self._logs_on and f' on {self._logs_on}'}."

    def _replace_server(self) -> None:
        self._server.close()
        for slot in self._slots:
            if slot.state is not State.EMPTY:
                slot.kill_group()
                self._worker_ended(slot, "its fork server died")
        died_again = self._server.replace()
        if died_again:
            self._failure = died_again
        else:
            self._failed_starts = 0

    def _end(self, slot: Slot, error: TrialError | None = None) -> None:
        """Ends a worker; its job's outcome follows when it is gone."""
        slot.leave(error)
        self._server.process.kill(slot.serial)

    def _enforce_limits(self) -> None:
        for slot, error in self._watch.exceeded():
            self._end(slot, error)
