"""Who runs a job of a round, on a file system that all workers share."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

_MOST_TRIES = 20
_PAUSE_SECONDS = 0.2
_LASTING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
# What file systems say that have no hard links.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class Claims:
    """The claims of a search.

    Args:
        folder: Where the rounds are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, round_name: str, trial_id: str) -> bool:
        """Returns whether the caller is the first.

        Raises:
            OSError: If the storage fails again and again.
        """
        path, token = self._path(round_name, trial_id), secrets.token_hex(8)
        return again(lambda: _take(path, token))

    def drop(self, round_name: str, trial_id: str) -> None:
        """Takes a claim back, which the caller must have; may raise `OSError`."""
        self._path(round_name, trial_id).unlink(missing_ok=True)

    def is_taken(self, round_name: str, trial_id: str) -> bool:
        """Returns whether somebody has taken the job."""
        return self._path(round_name, trial_id).exists()

    def _path(self, round_name: str, trial_id: str) -> Path:
        return self._folder / f"{round_name}.taken" / trial_id


def again(action: Callable[[], bool]) -> bool:
    """Does what may fail now and then; raises what lasts."""
    for _ in range(_MOST_TRIES - 1):
        try:
            return action()
        except OSError as error:
            if error.errno in _LASTING:
                raise
        time.sleep(_PAUSE_SECONDS)
    return action()


def _take(path: Path, token: str) -> bool:
    """Makes the claim, or reads whose it is: an earlier try may have made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{token}")
    unfinished.write_text(token)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return path.read_text() == token
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _take_without_links(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
    return True


def _take_without_links(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True
