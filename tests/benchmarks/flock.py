"""Sixteen workers on one machine, and a thousand on paper: `make bench-flock`."""

from __future__ import annotations

import collections
import dataclasses
import json
import math
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.parts.figures import Figure, report, resident_bytes
from tests.contracts.engine_contract import make_job, run_all
from tests.engines import flocks
from tests.engines.storages import Counted
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import open_storage

NUM_WORKERS, NUM_TRIALS, TRIAL_SECONDS = 16, 1000, 0.01
# Public prices of Google Cloud Storage, standard class, one region, in dollars.
WRITE_OR_LIST, READ = 0.005 / 1000, 0.0004 / 1000
NAMES_A_LIST = 1000


@dataclasses.dataclass(frozen=True)
class Plan:
    """A search that is too large to be run here.

    Attributes:
        num_workers: Workers of one slot.
        num_trials: Trials.
        trial_seconds: Length of each.
        timing: The flock's.
        writes: Objects written for each trial: the job, and the worker's reports.
        reads: Objects read for each trial, and looks for the next job.
        trial_bytes: Written for each trial.
    """

    num_workers: int
    num_trials: int
    trial_seconds: float
    timing: Timing
    writes: float
    reads: float
    trial_bytes: float

    @property
    def seconds(self) -> float:
        return self.num_trials / self.num_workers * self.trial_seconds

    def per_second(self) -> dict[str, float]:
        """Returns operations a second of all processes together, by kind.

        Each worker writes a sign of life and lists the coordinator's each beat. The
        coordinator finds news at nearly every look, so it looks as often as it can:
        a list, a round of reads and one of writes take 0.15 s on an object store. A
        list shows each worker's sign of life and the reports since the last one.
        """
        beats = self.num_workers / self.timing.beat_seconds
        rate = self.num_trials / self.seconds
        looks = 1 / 0.15
        pages = math.ceil((self.num_workers + rate * 0.15) / NAMES_A_LIST)
        return {
            "write": beats + rate * self.writes,
            "list": beats + looks * pages,
            "read": rate * self.reads,
        }

    def dollars(self) -> float:
        counts = self.per_second()
        paid = (counts["write"] + counts["list"]) * WRITE_OR_LIST
        return (paid + counts["read"] * READ) * self.seconds


def measure(folder: Path) -> tuple[list[Figure], collections.Counter[str]]:
    """1,000 trials of 10 ms on 16 workers that are ready when the clock starts."""
    storage = Counted(open_storage(str(folder / "flock")))
    flock = flocks.make_flock(
        storage,
        NUM_WORKERS,
        Timing(),
        evaluator="tests.engines.timed_evaluators:make_sleeper",
    )
    logs = [folder / f"logs-{i}" for i in range(NUM_WORKERS)]
    workers = [
        flocks.start_worker(
            folder / "flock",
            *(f"w{i}", "--logs", str(logs[i])),
            module="tests.engines.counting_worker",
        )
        for i in range(NUM_WORKERS)
    ]
    warm_up = [make_job(folder, f"w{i}", seconds=1.0) for i in range(3 * NUM_WORKERS)]
    run_all(flock, warm_up)
    jobs = [make_job(folder, f"t{i}", seconds=TRIAL_SECONDS) for i in range(NUM_TRIALS)]
    before, memory = storage.counts.copy(), resident_bytes()
    started = time.perf_counter()
    run_all(flock, jobs)
    seconds = time.perf_counter() - started
    grown, coordinator = resident_bytes() - memory, storage.counts - before
    flock.close()
    for worker in workers:
        flocks.join(worker)
    counted = [json.loads((log / "operations.json").read_text()) for log in logs]
    served = sum((collections.Counter(one) for one in counted), collections.Counter())
    figures = [
        Figure("1,000 trials of 10 ms, 16 workers: trials a second", NUM_TRIALS / seconds, 20, at_least=True),
        Figure("growth of the coordinator's memory, MB", grown / 1e6, 20),
        Figure("coordinator: operations a trial", _paid(coordinator) / NUM_TRIALS, 10),
        Figure("workers: operations a trial", _paid(served) / (NUM_TRIALS + len(warm_up)), 100),
    ]  # fmt: skip
    return figures, coordinator


def idle_operations(folder: Path) -> Figure:
    """A coordinator with nothing but long trials under way, after a minute's wait."""
    storage = Counted(open_storage(str(folder / "flock")))
    flock = flocks.make_flock(storage, 1, Timing())
    flock.submit(make_job(folder))
    flock.wait(20.0)
    before = storage.counts.copy()
    flock.wait(20.0)
    idle = _paid(storage.counts - before) / 20.0
    flock.close()
    return Figure("coordinator without news: operations a second", idle, 2)


def planned(trial_bytes: float) -> list[Figure]:
    """1,000 workers, 100,000 trials of a minute with 10 measurements each.

    Reports of one trial: its beginning and its first measurement together, nine more
    measurements, its outcome. Reads: those eleven, the job, and ten looks for it.
    """
    plan = Plan(
        num_workers=1000,
        num_trials=100_000,
        trial_seconds=60.0,
        timing=Timing(),
        writes=1 + 11,
        reads=11 + 1 + 10,
        trial_bytes=trial_bytes,
    )
    counts = plan.per_second()
    gigabytes = plan.num_trials * plan.trial_bytes / 1e9
    return [
        Figure("1,000 workers, on paper: hours", plan.seconds / 3600, 2),
        Figure("1,000 workers, on paper: writes a second", counts["write"], 1000),
        Figure("1,000 workers, on paper: lists a second", counts["list"], 1000),
        Figure("1,000 workers, on paper: reads a second", counts["read"], 5000),
        Figure("1,000 workers, on paper: GB written", gigabytes, 10),
        Figure("1,000 workers, on paper: dollars for all", plan.dollars(), 50),
    ]


def _paid(counts: collections.Counter[str]) -> int:
    """Returns the operations that an object store charges for: not deletions."""
    return counts["list"] + counts["read"] + counts["write"]


def figures() -> list[Figure]:
    """Returns all of them; `make bench-engines` shows them too."""
    with tempfile.TemporaryDirectory() as folder:
        measured, coordinator = measure(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        measured.append(idle_operations(Path(folder)))
    # Jobs are the coordinator's only writes; a worker's reports are about as large.
    job_bytes = coordinator["bytes"] / NUM_TRIALS
    return [*measured, *planned(12 * job_bytes)]


def main() -> int:
    return report("flock", figures())


if __name__ == "__main__":
    sys.exit(main())
