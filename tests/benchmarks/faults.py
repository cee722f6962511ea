"""Searches that faults disturb, on every engine but the local pool: `make bench-faults`.

What the local pool survives is in `tests.chaos.killer`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.parts.figures import Figure, report
from tests.chaos import beam, flock
from tests.chaos.flock import Row

_MOST_SECONDS = 60.5
"""From a fault to the end of the search: a minute, and one trial."""


def on_flock(folder: Path) -> list[Row]:
    return flock.main(folder, "default", dict.fromkeys(flock.FAULTS, 1))


def on_beam(folder: Path) -> list[Row]:
    return beam.rows(folder, "multi_processing")


def on_flink(folder: Path) -> list[Row]:
    return beam.rows(folder, "flink")


ENGINES: dict[str, Callable[[Path], list[Row]]] = {
    "flock of 3": on_flock,
    "Beam, multi_processing": on_beam,
    "Flink, 2 task managers": on_flink,
}


def measure() -> list[Figure]:
    found = []
    for name, disturb in ENGINES.items():
        with tempfile.TemporaryDirectory() as folder:
            found += _figures(name, disturb(Path(folder)))
    return found


def _figures(name: str, rows: Sequence[Row]) -> list[Figure]:
    injected = sum(row.injected for row in rows)
    survived = sum(row.survived for row in rows)
    lost = sum(row.lost for row in rows)
    again = sum(row.begun_again for row in rows)
    slowest = max(row.slowest_seconds for row in rows)
    return [
        Figure(f"{name}: faults survived of {injected}", survived, injected, True),
        Figure(f"{name}: completed trials lost", lost, 0),
        Figure(f"{name}: completed trials begun again", again, 0),
        Figure(f"{name}: slowest end after a fault, s", slowest, _MOST_SECONDS),
    ]


if __name__ == "__main__":
    sys.exit(report("faults", measure()))
