"""Faults of a search on Beam: `python -m tests.chaos.beam [flink|multi_processing]`.

Each fault comes in the middle of a seeded search of 12 trials. The search, run again
where the fault ended its driver, must come to the history of an undisturbed one; no
trial whose outcome was kept may be begun again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.chaos import beam_search
from tests.chaos.flock import Row
from tests.contracts.in_process_engine import InProcessEngine
from tests.engines import beam_searches, noting
from tests.engines.beam_searches import on_engine
from tests.engines.runners.flink import Flink
from tests.engines.runners.service import Services
from tests.engines.sessions import family, until
from tuner_component.trial import Trial

_FLAKY = Path(__file__).parent / "flaky"


@dataclasses.dataclass
class Search:
    """A search under way.

    Attributes:
        folder: Its own.
        arguments: Beam's.
        flink: The cluster that it runs on; None for processes of the driver.
        environment: Variables of the driver.
    """

    folder: Path
    arguments: list[str]
    flink: Flink | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.chaos.beam_search", str(self.folder)]
        with (self.folder / "driver.log").open("a") as log:
            self.driver = subprocess.Popen(
                [*command, *self.arguments],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def finish(self) -> None:
        assert self.driver.wait(240) == 0, (self.folder / "driver.log").read_text()

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()

    def kept(self) -> set[str]:
        """Returns the trials whose outcomes are kept."""
        found = self.folder.glob("**/beam/outcomes/*")
        return {path.name.partition("-")[0] for path in found}

    def workers(self) -> list[int]:
        """Returns Beam's Python workers."""
        above = self.driver.pid if self.flink is None else self.flink.workers.pid
        return [pid for pid in sorted(family(above)) if _is_worker(pid)]


def kill_worker(search: Search) -> None:
    os.kill(search.workers()[-1], signal.SIGKILL)
    search.finish()


def pause_worker(search: Search) -> None:
    worker = search.workers()[-1]
    os.kill(worker, signal.SIGSTOP)
    search.finish()
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGCONT)


def kill_driver(search: Search) -> None:
    search.end()
    search.start()
    search.finish()


def kill_task_manager(search: Search) -> None:
    search.flink.replace_task_manager(0)
    search.finish()


def kill_job_server(search: Search) -> None:
    search.flink.replace_job_server()
    search.finish()


def fill_disk(search: Search) -> None:
    """A trial fills the disk; when the step has failed, it is run again with room."""
    assert search.driver.wait(240) == 1
    (search.folder / "disk" / "filler").unlink()
    search.start()
    search.finish()


def bear_flaky_storage(search: Search) -> None:
    search.finish()


FAULTS: dict[str, Callable[[Search], None]] = {
    "SIGKILL of a worker": kill_worker,
    "SIGSTOP of a worker": pause_worker,
    "SIGKILL of the driver": kill_driver,
    "disk full": fill_disk,
    "10 % of operations fail": bear_flaky_storage,
}
FLINK_FAULTS = {
    **FAULTS,
    "SIGKILL of a task manager": kill_task_manager,
    "SIGKILL of the job server": kill_job_server,
}


def disturb(search: Search, fault: str, expected: list, row: Row) -> None:
    """Injects a fault once, and writes in the row what came of it."""
    notes = search.folder / "notes"
    search.start()
    try:
        until(lambda: len(search.kept()) >= 2 or search.driver.poll() is not None, 120)
        kept, begun = search.kept(), noting.counts(notes)
        began = time.monotonic()
        FLINK_FAULTS[fault](search)
        row.slowest_seconds = max(row.slowest_seconds, time.monotonic() - began)
    finally:
        search.end()
    study = next(iter(search.folder.glob("**/study")))
    found = results(beam_searches.resumed(study, beam_search.case(search.folder)))
    after = noting.counts(notes)
    row.injected += 1
    row.survived += found == expected
    row.lost += len(kept - search.kept())
    row.begun_again += sum(after[trial] != begun[trial] for trial in kept)


def results(trials: Sequence[Trial]) -> list[tuple]:
    return [(t.trial_id, dict(t.values), t.state, t.score) for t in trials]


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Gives a search a disk of its own that is soon full."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def rows(folder: Path, runner: str) -> list[Row]:
    """Injects every fault once into searches on `flink` or `multi_processing`."""
    searched = beam_search.case(folder / "undisturbed")
    engine = InProcessEngine(noting.make_noting(str(folder / "undisturbed" / "notes")))
    expected = results(on_engine(folder / "undisturbed" / "study", searched, engine)[0])
    paths = [str(_FLAKY), str(Path.cwd()), os.environ.get("PYTHONPATH", "")]
    flaky = {"PYTHONPATH": os.pathsep.join(paths)}
    with Services() as services:
        flink, arguments = None, beam_searches.arguments("multi_processing", 2)
        if runner == "flink":
            flink = Flink(services, folder / "flink")
        made = []
        for number, fault in enumerate(FAULTS if flink is None else FLINK_FAULTS):
            environment = flaky if fault.startswith("10 %") else {}
            if flink is not None:
                flink.replace_workers(environment)
                arguments = flink.arguments
            where = folder / f"fault-{number}"
            where.mkdir()
            search = Search(where, arguments, flink, environment)
            made.append(Row(fault))
            full = small_disk(where) if fault == "disk full" else None
            with full or contextlib.nullcontext():
                disturb(search, fault, expected, made[-1])
            sys.stderr.write(f"{runner}: {dataclasses.asdict(made[-1])}\n")
    return made


def _is_worker(process: int) -> bool:
    command = Path(f"/proc/{process}/cmdline").read_text()
    return "sdk_worker" in command and not command.startswith("/bin/sh")


if __name__ == "__main__":
    chosen = (sys.argv[1:] or ["multi_processing"])[0]
    with tempfile.TemporaryDirectory() as scratch:
        table = rows(Path(scratch), chosen)
    for line in table:
        sys.stdout.write(json.dumps(dataclasses.asdict(line)) + "\n")
