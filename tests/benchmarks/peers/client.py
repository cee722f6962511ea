"""Speaks to a peer's worker."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.encoding import decode, encode
from tests.benchmarks.peers.environments import ROOT, Peer, python_of, variables
from tests.benchmarks.tables.task import Values
from tuner_component.search_space import SearchSpace


class PeerError(Exception):
    """The peer raised, or its process ended."""


class Worker:
    """The process of a peer; serves one search after the other."""

    def __init__(self, peer: Peer, log: Path) -> None:
        python = python_of(peer)
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [python, "-m", "tests.benchmarks.peers.worker", peer.adapter],
                cwd=ROOT,
                env=variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def request(self, **request: Any) -> dict[str, Any]:
        """Returns the answer.

        Raises:
            PeerError: If there is none, with the traceback or the log's end.
        """
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerError(self._log.read_text()[-2000:])
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class PeerSearcher:
    """A `Searcher` that asks a worker.

    Args:
        worker: Serves one search after the other.
        space: What can be tried.
        seed: Fixes everything random.
        number: Of the trials, or of the objectives where the adapter takes several.

    Attributes:
        cpu: CPU seconds of each suggestion, with what was told before it.
    """

    def __init__(
        self, worker: Worker, space: SearchSpace, seed: int, number: int
    ) -> None:
        self._worker = worker
        self._space = space
        self.cpu: list[float] = []
        self._told = 0.0
        worker.request(start=[encode(space), seed, number])

    def ask(self) -> Values | None:
        answer = self._worker.request(ask=len(self.cpu))
        if answer["values"] is None:
            return None
        self.cpu.append(answer["cpu"] + self._told)
        self._told = 0.0
        return decode(self._space, answer["values"])

    def tell(self, number: int, loss: float | Sequence[float]) -> None:
        failed = isinstance(loss, float) and math.isnan(loss)
        told = None if failed else loss
        self._told += self._worker.request(tell=[number, told])["cpu"]
