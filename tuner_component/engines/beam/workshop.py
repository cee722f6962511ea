"""The processes that run trials on behalf of a Beam worker; warm from job to job.

A Beam worker runs none of the user's code itself: a crash, a hang or too much memory
takes one trial, and threads of one Beam worker really run at the same time.
"""

from __future__ import annotations

import atexit
import collections
import os
import platform
import shutil
import tempfile
import threading
import time

from tuner_component.engines.beam.order import Order
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Reason, TrialError


class Workshop:
    """Lends a pool of one process to each of several threads.

    The logs of a pool are gone in the end, unless one of its jobs went wrong: then
    people are told where they are.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[str, list[LocalPool]] = collections.defaultdict(list)
        self._known: dict[LocalPool, str] = {}
        self._read: set[str] = set()

    def warm(self, order: Order) -> None:
        """Starts a process for later, unless there is one; does not wait for it."""
        with self._lock:
            if not self._idle[_key(order)]:
                self._idle[_key(order)].append(self._made(order))

    def run(self, order: Order, job: Job) -> Outcome | None:
        """Runs a job; whatever happens to it is an outcome.

        None: the search has ended before, and the job with it.
        """
        started = time.time()
        try:
            pool = self._borrow(order)
        except OSError as error:
            why = f"{platform.node()} cannot be worked on: {error}."
            return _broken_off(job, started, why)
        try:
            outcome = _outcome_in_time(pool, job, order.ends_at)
        except EngineError as error:
            pool.close()
            self._read.add(self._known.get(pool, ""))
            return _broken_off(job, started, str(error))
        with self._lock:
            self._idle[_key(order)].append(pool)
            if outcome is not None and outcome.error is not None:
                self._read.add(self._known.get(pool, ""))
        return outcome

    def close(self) -> None:
        """Ends all processes."""
        with self._lock:
            pools = list(self._known)
            self._idle.clear()
        for pool in pools:
            pool.close()
        self._delete_logs()

    def _borrow(self, order: Order) -> LocalPool:
        with self._lock:
            idle = self._idle[_key(order)]
            return idle.pop() if idle else self._made(order)

    def _made(self, order: Order) -> LocalPool:
        name = f"{platform.node()}-{os.getpid()}-{len(self._known)}"
        folder = tempfile.mkdtemp(prefix=f"tuner_beam_{name}_")
        pool = LocalPool(
            1,
            order.evaluator,
            order.settings,
            log_folder=folder,
            preload=Preload(order.libraries, order.user_modules),
            limits=order.limits,
            environment=order.environment,
        )
        pool.name_logs(platform.node())
        if not self._known:  # Beam ends its workers without `close`.
            atexit.register(self._delete_logs)
        self._known[pool] = folder
        return pool

    def _delete_logs(self) -> None:
        with self._lock:
            folders = set(self._known.values()) - self._read
            self._known.clear()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


WORKSHOP = Workshop()
"""That of this process: every stage of every pipeline finds it warm."""


def _broken_off(job: Job, started: float, why: str) -> Outcome:
    error = TrialError(Reason.INFRASTRUCTURE, why)
    return Outcome(job.trial_id, job.attempt, error=error, started_at=started)


def _outcome_in_time(
    pool: LocalPool, job: Job, ends_at: float | None
) -> Outcome | None:
    pool.submit(job)
    while True:
        left = None if ends_at is None else max(ends_at - time.time(), 0.0)
        for event in pool.wait(left):
            if isinstance(event, Outcome):
                return event
        if left == 0.0:
            pool.cancel(job.trial_id)
            return None


def _key(order: Order) -> str:
    return repr((order.evaluator, order.settings, order.environment, order.limits))
