"""A server that a test starts on loopback, and that ends with all its children."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_PATIENCE_SECONDS = 120.0


class Service:
    """A process with a log, in a process group of its own.

    Args:
        name: Names the log.
        command: What to run.
        folder: Where the log is written.
        environment: Variables in addition to those of the test.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.log = name, folder / f"{name}.log"
        self._heard = threading.Condition()
        self._lines: list[str] = []
        self._ended = False
        self._process = subprocess.Popen(
            # Ends with the test, however that ends.
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, pattern: str, seconds: float = _PATIENCE_SECONDS) -> str:
        """Blocks until a line of the log matches; returns its first group."""
        begun, found = 0, None
        with self._heard:
            while found is None:
                lines, begun = self._lines[begun:], len(self._lines)
                matches = (re.search(pattern, line) for line in lines)
                found = next((match for match in matches if match), None)
                if found is None and (self._ended or not self._heard.wait(seconds)):
                    tail = "".join(self._lines[-30:])
                    raise RuntimeError(f"{self.name} never said {pattern!r}:\n{tail}")
        return found.group(found.lastindex or 0)

    def kill(self) -> None:
        """Kills the process and all its children, as a machine that fails does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(5.0)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self.log.open("w") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                with self._heard:
                    self._lines.append(line)
                    self._heard.notify_all()
        with self._heard:
            self._ended = True
            self._heard.notify_all()


class Services:
    """Services that end together, the last one first."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()

    def start(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Service:
        service = Service(name, command, folder, environment)
        self._stack.callback(service.kill)
        return service

    def __enter__(self) -> Services:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
