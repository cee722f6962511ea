"""Every figure of the engines: `make bench-engines`, or some with ARGS="flock beam"."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks import beam, emulations, faults, flock, histories
from tests.benchmarks.parts.figures import Figure, report, resident_bytes
from tests.contracts.engine_contract import make_job, outcomes_of, run_all
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload


def sleep_trials(folder: Path) -> Figure:
    """8 trials of 2 s on 4 workers, which are ready when the clock starts."""
    pool = _pool(folder, 4)
    run_all(pool, [make_job(folder, f"w{i}", seconds=0.5) for i in range(4)])
    started = time.perf_counter()
    run_all(pool, [make_job(folder, f"t{i}", seconds=2.0) for i in range(8)])
    seconds = time.perf_counter() - started
    pool.close()
    return Figure("8 trials of 2 s on 4 workers, wall / ideal 4 s", seconds / 4, 1.3)


def second_worker(folder: Path) -> list[Figure]:
    """Start-up of a pool, and of another worker once it is there."""
    begun = time.time()
    pool = _pool(folder, 2, Preload(["tensorflow", "keras", "keras_tuner"]))
    first = outcomes_of(run_all(pool, [make_job(folder, "first", seconds=0.0)]))
    asked = time.time()
    jobs = [make_job(folder, f"t{i}", seconds=1.5) for i in range(2)]
    outcomes = outcomes_of(run_all(pool, jobs)).values()
    pool.close()
    second = next(o for o in outcomes if o.worker == "worker-1")
    return [
        Figure(
            "first worker with TensorFlow, s", first["first"].started_at - begun, 30
        ),
        Figure("second worker with TensorFlow, s", second.started_at - asked, 1.0),
    ]


def driver_memory(folder: Path) -> Figure:
    """Growth of this process over 200 trials, after 20 to warm up."""
    pool = _pool(folder, 2)
    run_all(pool, [make_job(folder, f"w{i}", seconds=0.0) for i in range(20)])
    before = resident_bytes()
    run_all(pool, [make_job(folder, f"t{i}", seconds=0.0) for i in range(200)])
    grown = resident_bytes() - before
    pool.close()
    return Figure("driver memory over 200 trials, MB", grown / 1e6, 10.0)


def local_pool() -> list[Figure]:
    figures: list[Figure] = []
    for measure in (sleep_trials, second_worker, driver_memory):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(Path(folder))
            figures += found if isinstance(found, list) else [found]
    return figures


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "local_pool": local_pool,
    "beam": beam.measure,
    "flock": flock.figures,
    "histories": histories.measure,
    "faults": faults.measure,
    "emulations": emulations.measure,
}


def main(names: Sequence[str]) -> int:
    figures = [figure for name in names or PARTS for figure in PARTS[name]()]
    return report("engines", figures)


def _pool(folder: Path, num_workers: int, preload: Preload | None = None) -> LocalPool:
    return LocalPool(
        num_workers,
        "tests.engines.timed_evaluators:make_sleeper",
        {},
        log_folder=str(folder / "logs"),
        preload=preload or Preload(),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
