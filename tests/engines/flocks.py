"""Flocks for tests: coordinator here, workers in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.engines.sessions import until
from tuner_component.engines.base import Event
from tuner_component.engines.flock.coordinator import Flock
from tuner_component.engines.flock.layout import UP
from tuner_component.engines.flock.messages import Setup
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import Storage, open_storage
from tuner_component.evaluation import Job

# A host of its own that shares the file system with the others, and has no network.
HOST = ("unshare", "--net", "--uts", "--ipc")
EVALUATOR = "tests.contracts.evaluators:make"
# Patient enough for a machine that does much else.
STEADY = Timing(
    beat_seconds=0.25, lease_seconds=15.0, patience_seconds=60.0, batch_seconds=0.05
)
# Gives up on a worker after 4 s.
HASTY = Timing(
    beat_seconds=0.5, lease_seconds=3.0, patience_seconds=60.0, batch_seconds=0.05
)


def make_setup(timing: Timing = STEADY, **options: Any) -> Setup:
    return Setup(**{"evaluator": EVALUATOR, "settings": {}, **options}, timing=timing)


def make_flock(root: Path | str | Storage, num_slots=2, timing=STEADY, **options):
    storage = open_storage(str(root)) if isinstance(root, str | Path) else root
    return Flock(storage, make_setup(timing, **options), num_slots)


def abandon(flock: Flock) -> None:
    """Ends a coordinator as death does: its workers wait for another one."""
    flock._lead.end(study_has_ended=False)


def start_worker(
    root: Path | str,
    name: str = "",
    *options: str,
    module: str = "tuner_component.worker",
    host: Sequence[str] = (),
    **environment: str,
) -> subprocess.Popen:
    """Starts `python -m tuner_component.worker`; its messages are in its `stderr`.

    `host` is a command that runs it elsewhere, such as `HOST`.
    """
    command = [*host, sys.executable, "-m", module, "--root", str(root), *options]
    return subprocess.Popen(
        [*command, *(["--name", name] if name else [])],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(worker: subprocess.Popen) -> None:
    """Kills a worker, whatever it does."""
    worker.kill()
    worker.communicate()


def join(worker: subprocess.Popen, seconds: float = 30.0) -> tuple[int, str]:
    """Waits until a worker has left; returns its exit status and what it said."""
    said = worker.communicate(timeout=seconds)[1]
    return worker.returncode, said


def members(root: Path) -> set[str]:
    """Returns the names of the workers that have given a sign of life."""
    return {name.split(".")[0] for name in open_storage(str(root)).list(UP)}


def await_members(root: Path, *names: str) -> None:
    until(lambda: members(root) >= set(names))


class FlockOfProcesses:
    """A flock with workers of its own, all of which end with it."""

    def __init__(
        self,
        root: Path | str,
        num_workers: int,
        host: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self._flock = make_flock(root, num_workers, **options)
        self.workers = [
            start_worker(root, f"w{number}", host=host) for number in range(num_workers)
        ]

    @property
    def num_slots(self) -> int:
        return self._flock.num_slots

    def submit(self, job: Job) -> None:
        self._flock.submit(job)

    def wait(self, timeout_seconds: float | None = None) -> Sequence[Event]:
        return self._flock.wait(timeout_seconds)

    def cancel(self, trial_id: str) -> None:
        self._flock.cancel(trial_id)

    def close(self) -> None:
        self._flock.close()
        for worker in self.workers:
            if worker.returncode is None:
                assert join(worker)[0] == 0
