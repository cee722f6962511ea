"""Faults of a flock of three: `python -m tests.chaos.flock [default|hasty]`.

Each fault comes in the middle of a seeded search of 12 trials. The search, continued
where its coordinator ended, must come to the history of an undisturbed one; no trial
that had an outcome may be begun again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos import killer
from tests.engines import flocks

_TMPFS_BYTES = 2 * 1024**2


@dataclasses.dataclass
class Row:
    """What one kind of fault did; `lost` and `begun_again` must stay 0."""

    fault: str
    injected: int = 0
    survived: int = 0
    lost: int = 0
    begun_again: int = 0
    slowest_seconds: float = 0.0  # from the fault to the end of the search


class Disturbance:
    """A search under way, and what is done to it."""

    def __init__(
        self, folder: Path, timing: str, rng: random.Random, *, flaky: bool
    ) -> None:
        self.folder, self.rng = folder, rng
        module = "tests.engines.flaky_worker" if flaky else "tuner_component.worker"
        self.workers = [
            flocks.start_worker(folder / "flock", f"w{i}", module=module)
            for i in range(3)
        ]
        self._command = [sys.executable, "-m", "tests.chaos.flock_search", str(folder)]
        self._command += ["--timing", timing, *(["--flaky"] if flaky else [])]
        self.coordinate()

    def coordinate(self) -> None:
        self.coordinator = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def await_events(self, number: int) -> None:
        for _ in range(number):
            self.coordinator.stdout.readline()

    def finish(self) -> tuple[int, str]:
        """Waits for the coordinator; returns its exit status and its error."""
        said = self.coordinator.communicate(timeout=300)[1]
        return self.coordinator.returncode, said

    def end(self) -> list[int]:
        """Waits for the workers that still live; returns their exit status."""
        return [
            flocks.join(worker, 60)[0] for worker in self.workers if not killed(worker)
        ]


def killed(process: subprocess.Popen) -> bool:
    """Whether a process has got a SIGKILL, and is gone."""
    return process.poll() == -signal.SIGKILL


def kill_worker(search: Disturbance) -> None:
    worker = search.rng.choice(search.workers)
    worker.kill()
    worker.communicate()
    assert search.finish()[0] == 0


def pause_worker(search: Disturbance) -> None:
    worker = search.rng.choice(search.workers)
    worker.send_signal(signal.SIGSTOP)
    status = search.finish()[0]
    worker.send_signal(signal.SIGCONT)
    assert status == 0


def kill_coordinator(search: Disturbance) -> None:
    search.coordinator.kill()
    search.coordinator.communicate()
    search.coordinate()
    assert search.finish()[0] == 0


def kill_both(search: Disturbance) -> None:
    worker = search.rng.choice(search.workers)
    worker.kill()
    worker.communicate()
    kill_coordinator(search)


def fill_disk(search: Disturbance) -> None:
    """Fills the disk; when the step has failed, frees it and runs the step again."""
    filler = search.folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    status, said = search.finish()
    filler.unlink()
    assert status == 1
    assert "No space left" in said, said
    search.coordinate()
    assert search.finish()[0] == 0


def bear_flaky_storage(search: Disturbance) -> None:
    assert search.finish()[0] == 0


FAULTS: dict[str, Callable[[Disturbance], None]] = {
    "SIGKILL of a worker": kill_worker,
    "SIGSTOP of a worker": pause_worker,
    "SIGKILL of the coordinator": kill_coordinator,
    "SIGKILL of both": kill_both,
    "disk full": fill_disk,
    "10 % of operations fail": bear_flaky_storage,
}


def disturb(
    folder: Path, fault: str, timing: str, seed: int, expected: dict, row: Row
) -> None:
    """Injects a fault once, and writes in the row what came of it."""
    search = Disturbance(
        folder, timing, random.Random(seed), flaky=fault.startswith("10 %")
    )
    try:
        search.await_events(search.rng.randint(4, 12))
        before, had_begun = killer.completed(folder), len(killer.begun(folder))
        began = time.monotonic()
        FAULTS[fault](search)
        row.slowest_seconds = max(row.slowest_seconds, time.monotonic() - began)
        left = search.end()
    finally:
        for process in [*search.workers, search.coordinator]:
            if process.poll() is None:
                flocks.end(process)
    final = killer.final_trials(folder)
    row.injected += 1
    row.survived += final == expected and set(left) == {0}
    scores = {trial: score for trial, (_, score) in final.items()}
    row.lost += sum(scores.get(trial) != score for trial, score in before.items())
    row.begun_again += len({*killer.begun(folder)[had_begun:]} & before.keys())


@contextlib.contextmanager
def place(fault: str, where: Path) -> Iterator[Path | None]:
    """Gives a folder; on a small disk of its own if it is to be filled.

    None where this user may not mount one.
    """
    if fault != "disk full":
        yield where
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_TMPFS_BYTES}", "tmpfs", str(where)]
    if subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    # The begin of a trial is noted elsewhere: a full disk would fail it.
    log = where.parent / f"{where.name}.log"
    log.touch()
    (where / "begun.log").symlink_to(log)
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def main(folder: Path, timing: str, faults: dict[str, int]) -> list[Row]:
    """Injects each fault so many times."""
    undisturbed = folder / "undisturbed"
    undisturbed.mkdir()
    killer.finish(undisturbed)
    expected = killer.final_trials(undisturbed)
    rows = [Row(fault) for fault in faults]
    for row in rows:
        for number in range(faults[row.fault]):
            where = folder / f"{row.fault.replace(' ', '-').replace('%', '')}-{number}"
            where.mkdir()
            with place(row.fault, where) as usable:
                if usable is not None:
                    disturb(usable, row.fault, timing, number, expected, row)
    return rows


if __name__ == "__main__":
    chosen = (sys.argv[1:] or ["hasty"])[0]
    repeats = int((sys.argv[2:] or ["1"])[0])
    with tempfile.TemporaryDirectory() as scratch:
        table = main(Path(scratch), chosen, dict.fromkeys(FAULTS, repeats))
    for line in table:
        sys.stdout.write(json.dumps(dataclasses.asdict(line)) + "\n")
    sys.exit(os.EX_OK)
