"""Which processes of a session are there, as /proc tells."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path


def processes_of(session: int, *, zombies: bool = True) -> list[str]:
    """Returns the command names in a session."""
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[3]) == session and (zombies or rest.split()[0] != "Z"):
            names.append(name.partition("(")[2])
    return sorted(names)


def workers_of(session: int) -> list[int]:
    """Returns the ids of the processes that a session's leader has forked."""
    children = Path(f"/proc/{session}/task/{session}/children").read_text()
    return [int(process) for process in children.split()]


def family(process: int) -> set[int]:
    """Returns a process and its descendants."""
    found = {process}
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found |= family(int(child))
    return found


def alive(process: int) -> bool:
    """Returns whether a process runs or is stopped; a zombie does neither."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def running(command: str) -> bool:
    """Returns whether a process was started with exactly this command line."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if file.read_text().split("\0")[:-1] == command.split():
                return True
        except OSError:
            continue
    return False


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits until something holds; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
