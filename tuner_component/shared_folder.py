"""Folders that one process of a host makes and the others read."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def one_process(folder: Path) -> Iterator[None]:
    """Inside, no other process is; one that dies leaves it.

    Args:
        folder: That only one is to make, a local one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Yields a draft, which becomes the folder at the end; not if there is an error.

    Args:
        folder: That is not there yet.
    """
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        yield draft
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
