"""Storages that count, fail now and then, or are full."""

from __future__ import annotations

import collections
import errno
import random
import threading
from collections.abc import Callable
from typing import Any

from tuner_component.engines.storage.objects import Storage


class _Wrapped:
    """Passes every operation on, after `before(operation, data)`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def root(self) -> str:
        return self._storage.root

    def list(self, folder):
        return self._do("list", b"", self._storage.list, folder)

    def read(self, name):
        return self._do("read", b"", self._storage.read, name)

    def write(self, name, data):
        self._do("write", data, self._storage.write, name, data)

    def delete(self, name):
        self._do("delete", b"", self._storage.delete, name)

    def _do(self, operation: str, data: bytes, function: Callable, *arguments: Any):
        self.before(operation, data)
        return function(*arguments)

    def before(self, operation: str, data: bytes) -> None:
        raise NotImplementedError


class Counted(_Wrapped):
    """Knows how often each operation was asked for, and the bytes written and read."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self.counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def before(self, operation, data):
        with self._lock:
            self.counts[operation] += 1
            self.counts["bytes"] += len(data)


class Flaky(_Wrapped):
    """Fails a part of its operations, half of those after they have been done."""

    def __init__(self, storage: Storage, rate: float, seed: int) -> None:
        super().__init__(storage)
        self._rate, self._rng = rate, random.Random(seed)
        self.num_failed = 0

    def _do(self, operation, data, function, *arguments):
        chance = self._rng.random()
        if chance < self._rate / 2:
            self._fail(operation)
        result = function(*arguments)
        if chance < self._rate:
            self._fail(operation)
        return result

    def _fail(self, operation: str) -> None:
        self.num_failed += 1
        raise OSError(errno.EIO, f"{operation} failed today")


class Full(_Wrapped):
    """Takes nothing more while `is_full`."""

    is_full = False

    def before(self, operation, data):
        if self.is_full and operation == "write":
            raise OSError(errno.ENOSPC, "No space left on device")
