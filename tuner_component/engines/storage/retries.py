"""A storage that is asked again when it fails, and about many objects at once."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tuner_component.engines.storage.objects import Storage

T = TypeVar("T")
R = TypeVar("R")

_MOST_TRIES = 8
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
_NUM_THREADS = 64  # an object store takes 0.05 s for each operation
_LASTING = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)


class RetryingStorage:
    """Keeps the contract of `Storage`; an error that it raises has lasted for 6 s.

    What asking again cannot mend is raised at once. Every operation may be repeated
    safely: objects do not change once they are written.

    Args:
        storage: What may fail.
        sleep: Takes seconds.
    """

    def __init__(
        self, storage: Storage, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._storage = storage
        self._sleep = sleep
        self._threads = ThreadPoolExecutor(_NUM_THREADS, "shared-storage")

    @property
    def root(self) -> str:
        """See `Storage.root`."""
        return self._storage.root

    def list(self, folder: str) -> list[str]:
        """See `Storage.list`."""
        return self._again(lambda: self._storage.list(folder))

    def read(self, name: str) -> bytes:
        """See `Storage.read`."""
        return self._again(lambda: self._storage.read(name))

    def write(self, name: str, data: bytes) -> None:
        """See `Storage.write`."""
        self._again(lambda: self._storage.write(name, data))

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        self._again(lambda: self._storage.delete(name))

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Returns the content of each object by name; without those that are gone."""
        wanted = [*names]
        found = self._each(self._read_or_none, wanted)
        return {
            name: data
            for name, data in zip(wanted, found, strict=True)
            if data is not None
        }

    def write_all(self, objects: Mapping[str, bytes]) -> None:
        """Makes objects, in no order."""
        self._each(lambda name: self.write(name, objects[name]), [*objects])

    def delete_all(self, names: Iterable[str]) -> None:
        """Deletes objects, in no order."""
        self._each(self.delete, [*names])

    def close(self) -> None:
        """Ends its threads; safe to call twice."""
        self._threads.shutdown()

    def _read_or_none(self, name: str) -> bytes | None:
        try:
            return self.read(name)
        except FileNotFoundError:
            return None

    def _each(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
        if len(items) == 1:
            return [function(items[0])]
        return [*self._threads.map(function, items)]

    def _again(self, operation: Callable[[], T]) -> T:
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_MOST_TRIES - 1):
            try:
                return operation()
            except OSError as error:
                if isinstance(error, _LASTING) or error.errno == errno.EINVAL:
                    raise
            # Jitter: what failed for many at once is not asked by all at once again.
            self._sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return operation()
