"""The process that evaluates jobs, forked by the fork server."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import functools
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from tuner_component import import_path
from tuner_component.engines import memory, processes
from tuner_component.engines.channel import Channel
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import (
    Evaluation,
    Evaluator,
    Job,
    Outcome,
    Report,
    evaluate,
    evaluate_together,
)
from tuner_component.outcome_file import write_outcome
from tuner_component.records import decode, encode
from tuner_component.trial import Measurement, Reason, TrialError

_END_SECONDS = 10.0
_logger = logging.getLogger(__name__)


def run(order: Mapping[str, Any], connection: Connection, life: Connection) -> None:
    """Serves one driver until it closes `connection`.

    Args:
        order: `name`, `log` (path that takes the standard streams) and
            `environment` (variable to value; None removes it).
        connection: To the driver.
        life: Reading end of the pipe that closes when the driver ends.
    """
    _detach(order["log"])
    processes.watch(life)
    _set_environment(order["environment"])
    _reseed()
    worker = _Worker(order["name"], Channel(connection))
    with contextlib.suppress(EOFError):
        worker.serve()


class _Worker:
    def __init__(self, name: str, channel: Channel) -> None:
        self._name = name
        self._channel = channel
        self._process = os.getpid()

    def serve(self) -> None:
        _, setup = self._channel.receive()
        evaluator = _Prepared(setup["evaluator"], setup["settings"])
        self._send("ready", {"process": self._process})
        while True:
            _, body = self._channel.receive()
            jobs = [decode(Job, job) for job in body]
            if len(jobs) == 1:
                self._do(evaluator, jobs[0])
            else:
                self._do_together(evaluator, jobs)

    def _do(self, evaluator: _Prepared, job: Job) -> None:
        self._start([job])
        report = functools.partial(self._report, job)
        self._answer(job, evaluate(evaluator, job, report, self._name))

    def _do_together(self, evaluator: _Prepared, jobs: Sequence[Job]) -> None:
        """Does what can be done at once; the driver hands out the others again."""
        self._start(jobs)
        by_id = {job.trial_id: job for job in jobs}
        outcomes = evaluate_together(evaluator.together, jobs, self._report, self._name)
        for outcome in outcomes:
            self._answer(by_id[outcome.trial_id], outcome)
        self._send("idle", {"memory_bytes": memory.anonymous_bytes()})

    def _start(self, jobs: Sequence[Job]) -> None:
        sys.stdout.flush()
        for job in jobs:
            started = {"trial_id": job.trial_id, "log_bytes": os.fstat(1).st_size}
            self._send("started", started)

    def _answer(self, job: Job, outcome: Outcome) -> None:
        self._leave_if_strayed()
        answer = _writable(outcome)
        if job.is_trial:
            _keep(job, answer)
        used = memory.anonymous_bytes()
        body = {"trial_id": job.trial_id, "outcome": answer, "memory_bytes": used}
        self._send("outcome", body)

    def _report(self, job: Job, measurement: Measurement) -> None:
        body = {"trial_id": job.trial_id, "measurement": measurement}
        self._send("measured", body)

    def _send(self, kind: str, body: Any) -> None:
        self._leave_if_strayed()
        try:
            self._channel.send(kind, body)
        except OSError as error:
            if error.errno == errno.EBADF:
                # The code has closed it: the driver ends this process, and says so.
                threading.Event().wait(_END_SECONDS)
            # The driver is gone. Raised, it would count as the user's error.
            os.killpg(0, signal.SIGKILL)

    def _leave_if_strayed(self) -> None:
        """Ends a fork that the user's code made and that has come here."""
        if os.getpid() != self._process:
            os._exit(1)


class _Signalled(KeyboardInterrupt):
    """SIGINT: somebody ends this process, which tells nothing of the trial."""


def _interrupt(*_: object) -> None:
    raise _Signalled


class _Prepared:
    """An evaluator that answers with the error when it cannot be made.

    It is made now; a failure is repeated, and so reported, by the first job.
    """

    def __init__(self, path: str, settings: Mapping[str, Any]) -> None:
        self._make: Callable[[], Evaluator] = functools.cache(
            lambda: import_path.load(path)(**settings)
        )
        try:
            self._make()
        except _Signalled:
            raise
        except (Exception, SystemExit, KeyboardInterrupt):
            _logger.exception("The evaluator could not be made; the first job says so.")

    def __call__(self, job: Job, report: Report) -> Evaluation:
        try:
            return self._make()(job, report)
        except _Signalled:
            raise
        except (SystemExit, KeyboardInterrupt) as error:
            did = f"raised {error!r}"
            if isinstance(error, SystemExit):
                did = f"called sys.exit({error.code!r})"
            raise TrialFailedError(
                f"The code {did}; expected an error that says why: raise "
                "tuner_component.TrialFailedError(message)."
            ) from error

    def together(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterable[tuple[Job, Callable[[], Evaluation]]]:
        evaluator = self._make()
        if not hasattr(evaluator, "together"):
            return ()
        trained: Iterable[Any] = evaluator.together(jobs, report)
        return trained


def _writable(outcome: Outcome) -> Outcome:
    """Returns the outcome, or its error when it cannot be written as JSON."""
    try:
        encode(outcome)
    except TypeError as error:
        return Outcome(
            outcome.trial_id,
            outcome.attempt,
            error=TrialError(Reason.USER_ERROR, f"The evaluation's result: {error}"),
            started_at=outcome.started_at,
            duration_seconds=outcome.duration_seconds,
            worker=outcome.worker,
        )
    return outcome


def _keep(job: Job, outcome: Outcome) -> None:
    """Leaves the outcome in the trial's folder, for a driver that dies first."""
    if outcome.error and outcome.error.is_infrastructure:
        return
    try:
        write_outcome(job.folder, outcome)
    except OSError:
        _logger.exception("The outcome stays unwritten in %s.", job.folder)


def _detach(log: str) -> None:
    for number in (signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, _interrupt)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    faulthandler.enable(2)


def _set_environment(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _reseed() -> None:
    """Gives what nobody seeds a state of its own: forks would share one."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
