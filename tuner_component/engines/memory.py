"""How much memory a process group uses, as Linux's /proc tells."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROC = Path("/proc")


def can_measure() -> bool:
    """Returns whether this system tells the memory of a process."""
    return (_PROC / "self" / "statm").exists()


def group_bytes(leader: int) -> int:
    """Returns the memory of a process group, in bytes.

    It is the proportional set size: a page that n processes share counts 1/n for
    each, so that the libraries which all workers have from the fork server are not
    counted once per worker. Kernels without it give the resident set size.
    """
    total = 0
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and _group(folder) == leader:
            total += _process_bytes(folder)
    return total


def anonymous_bytes() -> int:
    """Returns the bytes that this process allocated itself: no mapped files."""
    with contextlib.suppress(OSError):
        return _field(_PROC / "self" / "status", "RssAnon:")
    return 0


def _group(folder: Path) -> int | None:
    with contextlib.suppress(OSError):
        # The name, in parentheses, may hold blanks: count from its end.
        after_name = (folder / "stat").read_text().rpartition(")")[2]
        return int(after_name.split()[2])
    return None


def _process_bytes(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return _field(folder / "smaps_rollup", "Pss:")
    with contextlib.suppress(OSError):
        resident_pages = int((folder / "statm").read_text().split()[1])
        return resident_pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0
