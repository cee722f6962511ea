"""Measurements that run in a pool of processes and are kept on disk.

An interrupted benchmark continues where it stopped: what is there is read.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
_SILENCE_SECONDS = 10.0


@dataclasses.dataclass(frozen=True, eq=False)
class Work:
    """One measurement.

    Attributes:
        kind: What takes about as long; to tell the time left.
        function: Of a module; what it returns can be written as JSON.
        arguments: Of the function; JSON too.
        version: Changes when the result may.
    """

    kind: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    version: str

    def path(self, folder: Path) -> Path:
        """Returns where the result is kept."""
        name = f"{self.function.__module__}:{self.function.__qualname__}"
        key = json.dumps([name, self.arguments, self.version]).encode()
        return folder / f"{hashlib.sha256(key).hexdigest()[:24]}.json"


Results = Mapping[Work, Any]
"""What the measurements that are there returned."""


def collect(
    works: Sequence[Work],
    folder: Path,
    processes: int | None = None,
    deadline: float = float("inf"),
) -> Results:
    """Returns the results, those of earlier runs included.

    What raises is reported and has no result; so has what the deadline left out.

    Args:
        works: In the order in which they are begun.
        folder: Where results are kept.
        processes: How many at a time; None: one for each core.
        deadline: In `time.monotonic()` seconds: nothing is begun after it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[Work, Any] = {}
    progress = _Progress(works, processes or os.cpu_count() or 1)
    missing = []
    for work in works:
        if work.path(folder).exists():
            kept = json.loads(work.path(folder).read_text())
            found[work] = kept["result"]
            progress.add(work, kept["seconds"], "kept")
        else:
            missing.append(work)
    if missing:
        for work, result, seconds in _run(missing, progress.processes, deadline):
            if isinstance(result, Exception):
                sys.stderr.write(f"{work.kind} {work.arguments}: {result}\n")
            else:
                found[work] = result
                _keep(work.path(folder), result, seconds)
            progress.add(work, seconds, "failed" if work not in found else "done")
    return found


def _run(works: Sequence[Work], processes: int, deadline: float) -> Any:
    """Yields each work with its result, or what it raised, and its seconds."""
    os.environ.update({f"{name}_NUM_THREADS": "1" for name in _THREADS})
    waiting = iter(works)
    with concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn")
    ) as pool:
        running: dict[concurrent.futures.Future[Any], Work] = {}
        while True:
            for work in waiting if time.monotonic() < deadline else ():
                running[pool.submit(_timed, work)] = work
                if len(running) >= processes:
                    break
            if not running:
                return
            ended, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in ended:
                work = running.pop(future)
                error = future.exception()
                if isinstance(error, concurrent.futures.BrokenExecutor):
                    raise error
                yield (work, error, 0.0) if error else (work, *future.result())


def _timed(work: Work) -> tuple[Any, float]:
    begin = time.perf_counter()
    return work.function(*work.arguments), time.perf_counter() - begin


def _keep(path: Path, result: Any, seconds: float) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"result": result, "seconds": seconds}))
    draft.replace(path)


class _Progress:
    """Says now and then what is done and how long the rest will take."""

    def __init__(self, works: Sequence[Work], processes: int) -> None:
        self.processes = processes
        self._left: dict[str, int] = defaultdict(int)
        for work in works:
            self._left[work.kind] += 1
        self._num_works, self._num_done = len(works), 0
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._said = time.monotonic()

    def add(self, work: Work, seconds: float, what: str) -> None:
        self._left[work.kind] -= 1
        self._num_done += 1
        self._seconds[work.kind].append(seconds)
        now, last = time.monotonic(), self._num_done == self._num_works
        if last or (what != "kept" and now - self._said > _SILENCE_SECONDS):
            self._said = now
            sys.stderr.write(
                f"[{self._num_done}/{self._num_works}] {work.kind} {what}; "
                f"{self.minutes_left():.0f} min left\n"
            )
            sys.stderr.flush()

    def minutes_left(self) -> float:
        """Returns an estimate; what has not begun yet takes as long as the others."""
        means = {kind: sum(s) / len(s) for kind, s in self._seconds.items()}
        usual = sum(means.values()) / len(means)
        seconds = sum(n * means.get(kind, usual) for kind, n in self._left.items())
        return seconds / self.processes / 60
