"""The driver's side of the fork server."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tuner_component.engines import driver_fork, fork_server, processes
from tuner_component.engines.channel import Channel

_CLOSE_SECONDS = 1.5


class ServerProcess:
    """A running fork server. It starts in the background: nothing here waits for it.

    Args:
        libraries: Modules to import before any fork.
        user_modules: The same, for modules that may do more than define things.
        environment: Its environment.
        log: Path that takes its standard streams.
    """

    def __init__(
        self,
        libraries: Sequence[str],
        user_modules: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        setup = {
            "sys_path": _sys_path(),
            "libraries": list(libraries),
            "user_modules": list(user_modules),
            "driver": os.getpid(),
        }
        here, there = socket.socketpair()
        with there, log.open("ab") as output:
            start = driver_fork.fork if driver_fork.is_safe() else _executed
            self._process = start(there.fileno(), setup, environment, output.fileno())
        self.channel = Channel(Connection(here.detach()))
        self._owner = os.getpid()
        self._serves = False

    @property
    def session(self) -> int:
        """The session that it and all its workers are in."""
        return self._process.pid

    def fork(self, order: Mapping[str, Any], ends: Sequence[Connection]) -> None:
        """Asks for a worker.

        Args:
            order: What `worker.run` takes, and the worker's `serial` number.
            ends: The worker's ends of its two connections.

        Raises:
            OSError: If the fork server is gone.
        """
        self.channel.send("fork", order)
        for end in ends:
            reduction.send_handle(
                self.channel.connection, end.fileno(), self._process.pid
            )

    def kill(self, serial: int, *, is_cut: bool = False) -> None:
        """Ends a worker and its descendants; `receive` reports it afterwards.

        Args:
            serial: The worker's number.
            is_cut: Its connection is closed; it may have ended, or have closed it.
        """
        with contextlib.suppress(OSError):
            self.channel.send("kill", {"serial": serial, "is_cut": is_cut})

    def receive(self) -> tuple[int, str] | None:
        """Returns the serial number of a worker that ended, and how.

        Raises:
            EOFError: If the fork server is gone.
        """
        kind, body = self.channel.receive()
        self._serves = True
        return (body["serial"], body["how"]) if kind == "ended" else None

    def close(self) -> None:
        """Ends it and all workers within two seconds; safe to call twice."""
        if os.getpid() != self._owner or self._process.returncode is not None:
            return
        with contextlib.suppress(EOFError):
            while self.channel.poll():
                self.receive()
        self.channel.close()
        if self._serves:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_SECONDS)
        processes.kill_group(self._process.pid)
        self._process.wait()


def _executed(
    descriptor: int, setup: Mapping[str, Any], environment: Mapping[str, str], log: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        fork_server.command(descriptor, setup),
        env=environment,
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _sys_path() -> list[str]:
    """Returns `sys.path` as a process with another one understands it."""
    paths = []
    for path in sys.path:
        with contextlib.suppress(OSError):
            paths.append(path or os.fspath(Path.cwd()))
    return paths
