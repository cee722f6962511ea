"""Our strategies and the peers, started alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Protocol

from tests.benchmarks.peers.client import PeerSearcher, Worker
from tests.benchmarks.peers.environments import PEERS, lock_of
from tests.benchmarks.tables.runs import (
    ROOT,
    Timed,
    TimedSearcher,
    digest,
    strategies_version,
)
from tests.benchmarks.tables.simulation import History
from tests.benchmarks.tables.task import Task
from tuner_component.strategies import registry


class Contestant(Protocol):
    """Starts searches.

    Attributes:
        name: Unique.
        version: Changes when its answers may.
    """

    name: str
    version: str

    def start(self, task: Task, seed: int, num_trials: int) -> TimedSearcher:
        """Returns a new search."""


@dataclasses.dataclass(frozen=True)
class Ours:
    """A strategy of ours with its default options."""

    name: str
    version: str = dataclasses.field(default_factory=strategies_version)

    def start(self, task: Task, seed: int, num_trials: int) -> TimedSearcher:
        strategy = registry.create(self.name, task.space, seed, {})
        return Timed(History(strategy, seed))


class Theirs:
    """A peer, whose process serves all its searches.

    After an error of the peer the next search gets a process of its own.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self._peer = PEERS[name]
        sources = (ROOT / "tests/benchmarks/peers").rglob("*.py")
        served = [p for p in sources if p.parent.name == "adapters"]
        self.version = digest([lock_of(self._peer), *served])
        self._log = log
        self._worker: Worker | None = None

    def start(self, task: Task, seed: int, num_trials: int) -> TimedSearcher:
        """Returns a new search.

        Raises:
            PeerError: If the peer does not start.
            OSError: If its environment cannot be made.
        """
        if self._worker is None:
            self._worker = Worker(self._peer, self._log)
        return PeerSearcher(self._worker, task.space, seed, num_trials)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        self._worker = None
