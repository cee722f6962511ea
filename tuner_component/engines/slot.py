"""One place of a pool: a worker process after another, a job after another."""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Mapping, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tuner_component.engines import memory, processes
from tuner_component.engines.attempt import Attempt
from tuner_component.engines.base import Event, Measured, Started
from tuner_component.engines.channel import Channel
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.server_process import ServerProcess
from tuner_component.evaluation import Job, Outcome
from tuner_component.records import decode
from tuner_component.trial import Measurement, TrialError


class State(enum.Enum):
    """Where a slot's worker is in its life."""

    EMPTY = enum.auto()
    STARTING = enum.auto()
    IDLE = enum.auto()
    BUSY = enum.auto()
    ENDING = enum.auto()


class Slot:
    """One place for a worker.

    Args:
        name: Names its workers and their log.
        log: Path of the log, which its workers share.
        environment: What its workers have in addition; None removes a variable.
        limits: What its trials may use.

    Attributes:
        num_together: How many jobs the worker was last given at once.
    """

    def __init__(
        self,
        name: str,
        log: Path,
        environment: Mapping[str, str | None],
        limits: TrialLimits,
    ) -> None:
        self.state = State.EMPTY
        self.serial = 0
        self.name = name
        self.log = log
        self._environment = dict(environment)
        self._limits = limits
        self._attempts: dict[str, Attempt] = {}
        self.num_together = 0
        self._left: list[Job] = []
        self._channel: Channel | None = None
        self._life: Connection | None = None
        self._process = 0
        self._memory_bytes: int | None = None

    @property
    def trial_ids(self) -> frozenset[str]:
        """The trials of the jobs under way."""
        return frozenset(self._attempts)

    @property
    def connection(self) -> Connection | None:
        """What to wait for; None when nothing more is to be heard."""
        return None if self._channel is None else self._channel.connection

    @property
    def was_ready(self) -> bool:
        """Whether the present worker has got as far as taking jobs."""
        return self._process != 0

    def start(
        self, server: ServerProcess, serial: int, setup: Mapping[str, Any]
    ) -> None:
        """Asks for a worker; it is there when `receive` has made the slot IDLE."""
        mine, theirs = Pipe()
        watched, self._life = Pipe(duplex=False)
        self._channel = Channel(mine)
        self.state, self.serial = State.STARTING, serial
        self._process, self._memory_bytes = 0, None
        order = {
            "serial": serial,
            "name": self.name,
            "log": str(self.log),
            "environment": self._environment,
        }
        # Whoever is gone: its end is reported where messages are received.
        with theirs, watched, contextlib.suppress(OSError):
            server.fork(order, (theirs, watched))
        with contextlib.suppress(OSError):
            self._channel.send("setup", setup)

    def begin(self, jobs: Sequence[Job]) -> None:
        """Hands jobs to the worker, which must be IDLE; several are done at once."""
        self._attempts = {job.trial_id: Attempt(job) for job in jobs}
        self.num_together, self.state = len(jobs), State.BUSY
        if self._channel is not None:
            with contextlib.suppress(OSError):
                self._channel.send("jobs", list(jobs))

    def receive(self) -> Event | None:
        """Takes one message of the worker.

        Raises:
            EOFError: If the worker is gone.
        """
        if self._channel is None:
            raise EOFError
        kind, body = self._channel.receive()
        if kind == "ready":
            self._process, self.state = body["process"], State.IDLE
            return None
        if kind == "idle":
            self._rest(body["memory_bytes"])
            return None
        attempt = self._attempts.get(body["trial_id"])
        return None if attempt is None else self._event(attempt, kind, body)

    def take_left(self) -> list[Job]:
        """Returns the jobs that an idle or ended worker has not done, once."""
        left, self._left = self._left, []
        return left

    def has_message(self) -> bool:
        """Returns whether `receive` would not block."""
        return self._channel is not None and self._channel.poll()

    def deadline(self) -> float:
        """Returns when a job is overdue, in seconds of the monotonic clock.

        Jobs that are done at once have the time that they would have one by one.
        """
        limit, started = self._limits.max_trial_seconds, self._started()
        if limit is None or started is None or not self._runs_trial():
            return float("inf")
        return started + limit * self.num_together

    def overdue(self) -> TrialError | None:
        """Returns the error of a job that takes too long."""
        started = self._started()
        if started is None or time.monotonic() < self.deadline():
            return None
        return self._limits.time_error(time.monotonic() - started)

    def oversized(self) -> TrialError | None:
        """Returns the error of a job that uses too much memory."""
        if not self._runs_trial():
            return None
        return self._limits.memory_error(memory.group_bytes(self._process))

    def trial_seconds(self) -> float:
        """Returns for how long its trial has been running; 0 without one."""
        return max((a.seconds() for a in self._attempts.values()), default=0.0)

    def _started(self) -> float | None:
        return next((attempt.started for attempt in self._attempts.values()), None)

    def _runs_trial(self) -> bool:
        are_trials = [attempt.job.is_trial for attempt in self._attempts.values()]
        return self.state is State.BUSY and bool(are_trials) and all(are_trials)

    def forget_job(self, trial_id: str) -> None:
        """Makes sure that a job under way has no outcome."""
        self._attempts.pop(trial_id, None)

    def leave(self, error: TrialError | None = None) -> None:
        """Lets go of the worker, which ends; `error` is what a single job gets."""
        self.state = State.ENDING
        for attempt in self._attempts.values():
            attempt.error = error
        self.hang_up()

    def cut_off(self) -> None:
        """Takes note that the worker has closed its connection, or has ended."""
        self.state = State.ENDING
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def hang_up(self) -> None:
        """Closes the connections: the worker ends, whatever it does."""
        for end in (self._channel, self._life):
            if end is not None:
                end.close()
        self._channel = self._life = None

    def kill_group(self) -> None:
        """Ends the worker and its descendants without the fork server."""
        if self._process:
            processes.kill_group(self._process)

    def end(self, how: str) -> Outcome | None:
        """Records that the worker has ended; returns its job's outcome, if any.

        `how` is for people: what follows "The worker died: ".
        Of several jobs at once nobody knows whose fault it was: they are left.
        """
        attempts, self._attempts = list(self._attempts.values()), {}
        self.state = State.EMPTY
        self.hang_up()
        if self.num_together > 1:
            self._left += [attempt.job for attempt in attempts]
            return None
        return attempts[0].broken_off(how, self.name, self.log) if attempts else None

    def _event(self, attempt: Attempt, kind: str, body: Any) -> Event:
        if kind == "started":
            attempt.started, attempt.log_bytes = time.monotonic(), body["log_bytes"]
            return Started(attempt.job.trial_id, self.name)
        if kind == "measured":
            attempt.measurements.append(decode(Measurement, body["measurement"]))
            return Measured(attempt.job.trial_id, attempt.measurements[-1])
        del self._attempts[attempt.job.trial_id]
        if self.num_together == 1:
            self._rest(body["memory_bytes"])
        return decode(Outcome, body["outcome"])

    def _rest(self, memory_bytes: int) -> None:
        self._left += [attempt.job for attempt in self._attempts.values()]
        self._attempts, self.state = {}, State.IDLE
        if self._leaks(memory_bytes):
            self.leave()

    def _leaks(self, memory_bytes: int) -> bool:
        if self._memory_bytes is None:
            self._memory_bytes = memory_bytes
        return memory_bytes - self._memory_bytes > self._limits.recycle_bytes
