"""What Linux offers to make sure that no process is left behind.

On other systems `die_with_parent` and `adopt_orphans` do nothing; the watchdog of
every worker then does that work alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

_END_SECONDS = 0.2
_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int) -> None:
    """Has the kernel kill this process when the process `parent` ends."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Makes this process the parent of descendants that lose theirs."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def kill_group(leader: int) -> None:
    """Ends all processes of a group at once, if there are any."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def watch(life: Connection) -> None:
    """Starts a thread that kills this process group when `life` is closed.

    Args:
        life: Reading end of a pipe whose other end only the driver holds, so that
            it closes however the driver ends.
    """

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            life.recv_bytes()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="watchdog", daemon=True).start()


def children() -> list[int]:
    """Returns the ids of this process's children; empty where unknown."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def thread_names() -> list[str]:
    """Returns the names of this process's threads, native ones included."""
    names = []
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            names.append((task / "comm").read_text().strip())
    return sorted(names)


def lives_on(child: int) -> bool:
    """Returns whether a child does not end within a fraction of a second."""
    options = os.WEXITED | os.WNOWAIT | os.WNOHANG
    deadline = time.monotonic() + _END_SECONDS
    while os.waitid(os.P_PID, child, options) is None:
        if time.monotonic() > deadline:
            return True
        time.sleep(_END_SECONDS / 20)
    return False


def describe_end(status: int) -> str:
    """Returns for people what a wait status means."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
    hint = ", as the kernel does when memory runs out" if code == -9 else ""
    return f"killed by signal {-code} ({name}{hint})"


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        arguments = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
        ctypes.CDLL(None).prctl(option, *arguments)
