"""Whether the workers of a pipeline are at work.

A runner misses a worker that died, but not one that is paused: it waits for it. So
every worker touches a file of its own, and the driver ends those of its machine whose
files go stale. The runner then does notice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tuner_component.engines.beam.claims import again

_BEAT_SECONDS = 2.0
_STALE_SECONDS = 20.0
_FOLDER = "workers"
_logger = logging.getLogger(__name__)


class Beats:
    """Shows that this process is at work.

    Args:
        folder: Where the pipelines of the search are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._submission = ""

    def begin(self, submission: str) -> None:
        """Shows it to the driver of a pipeline from now on, if it did not already.

        Raises:
            OSError: If the storage fails again and again.
        """
        with self._lock:
            if submission == self._submission:
                return
            path = self._folder / submission / _FOLDER / secrets.token_hex(8)
            again(lambda: _write(path))
            self._submission = submission
        threading.Thread(target=_touch, args=(path,), daemon=True).start()


class StuckWorkers:
    """Finds and ends workers without a beat.

    Args:
        folder: Where the pipelines of the search are.
        submission: The pipeline.
        clock: Seconds, monotonic: that of the driver, not that of the storage.
    """

    def __init__(
        self,
        folder: Path,
        submission: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder / submission / _FOLDER
        self._clock = clock
        self._seen: dict[str, tuple[float, float]] = {}

    def end(self) -> list[int]:
        """Kills those of this machine; returns their process ids."""
        return [pid for path in self._stale() for pid in _ended(path)]

    def _stale(self) -> Iterator[Path]:
        now = self._clock()
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                beat = path.stat().st_mtime
                last, since = self._seen.get(path.name, (None, now))
                if beat != last:
                    self._seen[path.name] = (beat, now)
                elif now - since >= _STALE_SECONDS:
                    yield path


def _write(path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"pid": os.getpid(), "process": _process(os.getpid())}
    path.write_text(json.dumps(told))
    return True


def _touch(path: Path) -> None:
    """Goes on until the pipeline has ended, and with it the file."""
    while True:
        time.sleep(_BEAT_SECONDS)
        try:
            os.utime(path)
        except FileNotFoundError:
            return
        except OSError as error:
            _logger.warning("No beat: %s", error)


def _ended(path: Path) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        told = json.loads(path.read_bytes())
        pid = int(told["pid"])
        is_same = told["process"] and told["process"] == _process(pid)
        if is_same and pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
            _logger.warning("The Beam worker with process id %d was stuck.", pid)
            yield pid


def _process(pid: int) -> list[str]:
    """Returns what tells a process from all others, on this machine and others.

    Raises:
        OSError: If there is no such process.
    """
    if not Path("/proc/self/stat").exists():
        return []
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    space = os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - "pid:[123]"
    return [platform.node(), boot, space, fields[19]]
