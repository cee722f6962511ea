"""A lock that the kernel releases when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
from pathlib import Path

from tuner_component.errors import StudyInUseError

_held: set[int] = set()


class Lock:
    """An exclusive lock on a file, held until it is closed or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Gives the lock back; safe to call twice."""
        if self._descriptor in _held:
            _held.discard(self._descriptor)
            os.close(self._descriptor)


def acquire(path: Path) -> Lock:
    """Locks a file, which is made if it is not there.

    Raises:
        StudyInUseError: If a live process holds the lock; names it.
        OSError: If the file cannot be written to.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StudyInUseError(
            f"The study in {path.parent} is in use by {_owner(path)}. Expected one "
            "process at a time: wait until it ends, or end it; or begin a study beside "
            'it with Search(resume="never").'
        ) from error
    except OSError:
        os.close(descriptor)
        raise
    _held.add(descriptor)
    lock = Lock(descriptor)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, owner_record())
    except OSError:
        lock.close()
        raise
    return lock


def owner_record() -> bytes:
    """Returns this process's id and host, as JSON."""
    return json.dumps({"pid": os.getpid(), "host": platform.node()}).encode()


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_bytes())
        return f"process {owner['pid']} on host {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _forget_in_child() -> None:
    """Keeps a forked child from holding the lock after its parent's death."""
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
