"""Evaluators that do to a worker what user code does; `job.values` says what."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from tuner_component.errors import InfeasibleTrialError, TransientTrialError
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.trial import Measurement


def make(**settings: object) -> Evaluator:
    def evaluate(job: Job, report: Report) -> Evaluation:
        loss = _ACTIONS[str(job.values["do"])](job, report)
        return Evaluation({"loss": loss}, report={"settings": settings})

    return evaluate


def make_deadly() -> Evaluator:
    return _exit


def make_nothing() -> Evaluator:
    raise RuntimeError("no evaluator today")


def make_after_failures(failures: int, counter: str) -> Evaluator:
    """Ends the process while it makes the evaluator, so many times."""
    with Path(counter).open("a+") as file:
        file.write("x")
        file.seek(0)
        if len(file.read()) <= failures:
            sys.stderr.write("cannot start")
            os._exit(3)
    return make()


def make_resident(num_bytes: int) -> Evaluator:
    """Keeps so many bytes after every job, as leaking code does."""
    kept = []

    def evaluate(job: Job, report: Report) -> Evaluation:
        kept.append(np.ones(num_bytes, np.uint8))
        return Evaluation({"loss": 0.0}, report={"process": os.getpid()})

    return evaluate


def make_forking() -> Evaluator:
    """Goes on in two processes; the own one reports what the other one has left."""

    def evaluate(job: Job, report: Report) -> Evaluation:
        if os.fork() == 0:
            return Evaluation({"loss": 99.0})
        os.wait()
        left = [path.name for path in Path(job.folder).iterdir()]
        return Evaluation({"loss": 0.125}, report={"left": left})

    return evaluate


def make_reporting_environment(together: int) -> Evaluator:
    """Ends no job before so many are under way: each has a worker of its own."""

    def evaluate(job: Job, report: Report) -> Evaluation:
        here = Path(job.folder) / "here"
        here.touch()
        while len(list(here.parent.parent.glob("*/here"))) < together:
            time.sleep(0.01)
        names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PROBE")
        return Evaluation(
            {"loss": np.random.random()},  # noqa: NPY002 - shared by forks, perhaps
            report={name: os.environ.get(name) for name in names},
        )

    return evaluate


def _score(job: Job, report: Report) -> float:
    return float(job.values.get("loss", 0.5))


def _seed(job: Job, report: Report) -> float:
    return float(job.seed)


def _raise(job: Job, report: Report) -> float:
    raise ValueError("this layer has no units")


def _infeasible(job: Job, report: Report) -> float:
    raise InfeasibleTrialError("too wide")


def _transient(job: Job, report: Report) -> float:
    raise TransientTrialError("the disk is full today")


def _sys_exit(job: Job, report: Report) -> float:
    sys.exit("enough")


def _keyboard_interrupt(job: Job, report: Report) -> float:
    raise KeyboardInterrupt("too slow")


def _sigint(job: Job, report: Report) -> float:
    os.kill(os.getpid(), signal.SIGINT)
    return 0.0


def _exit(job: Job, report: Report) -> float:
    sys.stderr.write("last words")
    os._exit(7)


def _close_all(job: Job, report: Report) -> float:
    os.closerange(3, 4096)
    return _hang(job, lambda _: None)


def _close_all_and_report(job: Job, report: Report) -> float:
    os.closerange(3, 4096)
    return _hang(job, report)


def _kill(job: Job, report: Report) -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def _segfault(job: Job, report: Report) -> float:
    ctypes.string_at(0)
    return 0.0


def _hang(job: Job, report: Report) -> float:
    report(Measurement(1, {"loss": 3.0}))
    threading.Event().wait()
    return 0.0


def _hog(job: Job, report: Report) -> float:
    held = np.ones(400 * 1024**2, np.uint8)
    threading.Event().wait()
    return float(held[0])


def _measure(job: Job, report: Report) -> float:
    for epoch in (1, 2, 3):
        report(Measurement(epoch, {"loss": 1.0 / epoch}))
    return 1.0 / 3


def _noise(job: Job, report: Report) -> float:
    for _ in range(2000):
        sys.stdout.write("x" * 100)
        os.write(1, b"\x00\x00\x00\x05noise\n")
        os.write(2, b"\xff\xff")
    return 0.25


def _foreign(job: Job, report: Report) -> float:
    return object()  # type: ignore[return-value]


def _stray_fork(job: Job, report: Report) -> float:
    if os.fork() == 0:
        return 99.0
    os.wait()
    return 0.125


def _child(job: Job, report: Report) -> float:
    """Starts a process of its own and hangs."""
    subprocess.Popen(["sleep", "3600"])
    return _hang(job, report)


def _family(job: Job, report: Report) -> float:
    """Starts processes of its own, one of them in another session, and hangs."""
    subprocess.Popen(["sleep", "3601"], start_new_session=True)
    return _child(job, report)


_ACTIONS = {
    "score": _score,
    "seed": _seed,
    "raise": _raise,
    "infeasible": _infeasible,
    "transient": _transient,
    "sys_exit": _sys_exit,
    "keyboard_interrupt": _keyboard_interrupt,
    "sigint": _sigint,
    "exit": _exit,
    "close_all": _close_all,
    "close_all_and_report": _close_all_and_report,
    "kill": _kill,
    "segfault": _segfault,
    "hang": _hang,
    "hog": _hog,
    "measure": _measure,
    "nan": lambda job, report: float("nan"),
    "noise": _noise,
    "foreign": _foreign,
    "stray_fork": _stray_fork,
    "child": _child,
    "family": _family,
}
