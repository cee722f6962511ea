"""The lease of a worker on its trials, as the processes that train see it.

A worker that is cut off from the storage, stopped or frozen may come back after its
trials have gone to others. Its own clock tells it in time: the processes that train
end themselves when the lease has run out, before they write anything more.
"""

from __future__ import annotations

import functools
import os
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner_component import import_path
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.trial import Measurement

_CHECK_SECONDS = 0.2
_FORMAT = "d"


class Lease:
    """When a lease runs out; a file of this host that several processes look at.

    Args:
        path: Of the file; made by `extend`.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def extend(self, end: float) -> None:
        """Has it run out at `end`, in seconds of this host's monotonic clock."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, struct.pack(_FORMAT, end), 0)
        finally:
            os.close(descriptor)

    @property
    def has_run_out(self) -> bool:
        """Whether the trials may be somebody else's by now."""
        try:
            (end,) = struct.unpack(_FORMAT, self._path.read_bytes())
        except (OSError, struct.error):
            return True
        return time.monotonic() >= float(end)


def make_evaluator(
    lease: str, evaluator: str, settings: Mapping[str, Any]
) -> Evaluator:
    """Returns an evaluator whose process ends when the lease has run out.

    Args:
        lease: Path of the lease's file.
        evaluator: Import path "package.module:factory" of what evaluates.
        settings: The factory's keyword arguments.
    """
    evaluate: Evaluator = import_path.load(evaluator)(**settings)
    held = Lease(lease)
    threading.Thread(target=_watch, args=(held,), name="lease", daemon=True).start()
    kind = _TogetherWhileHeld if hasattr(evaluate, "together") else _WhileHeld
    return kind(held, evaluate)


class _WhileHeld:
    def __init__(self, lease: Lease, evaluate: Any) -> None:
        self._lease, self._evaluate = lease, evaluate

    def __call__(self, job: Job, report: Report) -> Evaluation:
        return self._done(self._evaluate, job, functools.partial(self._report, report))

    def _done(self, evaluate: Callable[..., Evaluation], *arguments: Any) -> Evaluation:
        try:
            return evaluate(*arguments)
        finally:
            _end_without(self._lease)

    def _report(self, report: Callable[..., None], *what: Any) -> None:
        _end_without(self._lease)
        report(*what)


class _TogetherWhileHeld(_WhileHeld):
    def together(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterator[tuple[Job, Callable[[], Evaluation]]]:
        """See `evaluation.Together`."""
        report = functools.partial(self._report, report)
        for job, evaluate in self._evaluate.together(jobs, report):
            yield job, functools.partial(self._done, evaluate)


def _watch(lease: Lease) -> None:
    while True:
        _end_without(lease)
        time.sleep(_CHECK_SECONDS)


def _end_without(lease: Lease) -> None:
    if lease.has_run_out:
        os.killpg(0, signal.SIGKILL)
