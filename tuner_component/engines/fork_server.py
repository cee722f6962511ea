"""The process that imports the libraries once and then forks the workers.

The driver cannot be forked in general: it may run threads, gRPC and TensorFlow. This
process does nothing but import, so that a fork of it is safe and has TensorFlow at
once. Where the driver has done nothing else either, it is a fork of the driver.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from tuner_component.engines import processes, worker
from tuner_component.engines.channel import Channel
from tuner_component.garbage import no_collection

_BOOT = (
    "import sys; sys.path[:] = [path for path in sys.path if path]; import json; "
    "sys.path[:] = json.loads(sys.argv[2])['sys_path']; "
    "from tuner_component.engines import fork_server; fork_server.main()"
)
_PARENT_CHECK_SECONDS = 1.0
_CUT = (
    "ended, since it had closed its connection to the search. Expected code that "
    "closes what it has opened, and no other file descriptors, as os.closerange does"
)
HARMLESS_THREADS = ("jemalloc_bg_thd",)
"""Pyarrow's; it prepares itself for forks."""
_logger = logging.getLogger(__name__)


def command(descriptor: int, setup: Mapping[str, Any]) -> list[str]:
    """Returns the command line of a fork server.

    Args:
        descriptor: Of the socket to the driver; inheritable.
        setup: `sys_path`, `libraries` and `user_modules` (module names), `driver`
            (process id).
    """
    return [sys.executable, "-u", "-c", _BOOT, str(descriptor), json.dumps(setup)]


def main() -> None:
    """Runs the fork server; its arguments are those that `command` wrote."""
    descriptor, setup = int(sys.argv[1]), json.loads(sys.argv[2])
    del sys.argv[1:]
    serve(descriptor, setup)


def serve(descriptor: int, setup: Mapping[str, Any]) -> None:
    """Imports and serves until the driver has ended; see `command`."""
    _end_with(setup["driver"])
    _import(setup["libraries"])
    threads = _threads()
    _import(setup["user_modules"])
    reason = unsafe_to_fork(threads)
    if reason and setup["user_modules"]:
        _logger.warning(
            "%s after importing %s; every worker imports them itself.",
            reason,
            ", ".join(setup["user_modules"]),
        )
        safe = command(descriptor, {**setup, "user_modules": []})
        os.execv(safe[0], safe)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.set_inheritable(descriptor, False)
    # What is imported stays for good: workers need not collect it again and again.
    gc.collect()
    gc.freeze()
    _Server(Connection(descriptor), setup["driver"]).serve()


def unsafe_to_fork(threads: Sequence[str]) -> str:
    """Returns why a fork of this process may hang or crash, or "".

    Args:
        threads: Names of the threads that the libraries alone start.
    """
    context = sys.modules.get("tensorflow.python.eager.context")
    if context is not None and getattr(context._context, "_initialized", False):
        return "TensorFlow has run operations"
    if _threads() != list(threads):
        return f"Threads {_threads()} run"
    with contextlib.suppress(OSError):
        for file in Path("/proc/self/fd").iterdir():
            if os.path.realpath(file).startswith("/dev/nvidia"):
                return "A GPU is in use"
    return ""


def _threads() -> list[str]:
    return [name for name in processes.thread_names() if name not in HARMLESS_THREADS]


class _Server:
    def __init__(self, connection: Connection, driver: int) -> None:
        self._connection = connection
        self._channel = Channel(connection)
        self._driver = driver
        self._workers: dict[int, int] = {}  # process id to serial number
        self._cut: set[int] = set()  # ids of processes that went on unconnected
        self._wake, self._waker = socket.socketpair()

    def serve(self) -> None:
        processes.adopt_orphans()
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno())
        with contextlib.suppress(EOFError, OSError):
            self._channel.send("serving")
            while os.getppid() == self._driver:
                self._attend()
        self._end_all()

    def _attend(self) -> None:
        ready = wait([self._connection, self._wake], _PARENT_CHECK_SECONDS)
        if self._wake in ready:
            self._wake.recv(4096)
            self._reap()
        if self._connection in ready:
            kind, body = self._channel.receive()
            if kind == "fork":
                self._fork(body)
            else:
                self._kill(body["serial"], is_cut=body["is_cut"])

    def _fork(self, order: Mapping[str, Any]) -> None:
        ends = [Connection(reduction.recv_handle(self._connection)) for _ in range(2)]
        server = os.getpid()
        try:
            process = os.fork()
        except OSError as error:
            self._report(order["serial"], f"could not be forked: {error}")
        else:
            if process == 0:
                self._become_worker(order, ends, server)
            with contextlib.suppress(OSError):
                os.setpgid(process, process)
            self._workers[process] = order["serial"]
        for end in ends:
            end.close()

    def _become_worker(
        self, order: Mapping[str, Any], ends: Sequence[Connection], server: int
    ) -> None:
        code = 1
        try:
            processes.die_with_parent(server)
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for mine in (self._connection, self._wake, self._waker):
                mine.close()
            worker.run(order, *ends)
            code = 0
        except BaseException:  # noqa: BLE001 - must not return into the server
            traceback.print_exc()
        finally:
            os._exit(code)

    def _kill(self, serial: int, *, is_cut: bool) -> None:
        for process, owner in self._workers.items():
            if owner == serial:
                if is_cut and processes.lives_on(process):
                    self._cut.add(process)
                processes.kill_group(process)

    def _reap(self) -> None:
        """Reports the ended; their descendants end before their ids are free."""
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, options)
            except ChildProcessError:
                return
            if ended is None:
                return
            serial = self._workers.pop(ended.si_pid, None)
            if serial is not None:
                processes.kill_group(ended.si_pid)
            _, status = os.waitpid(ended.si_pid, 0)
            if serial is not None:
                is_cut = ended.si_pid in self._cut
                self._report(serial, _CUT if is_cut else processes.describe_end(status))
            self._cut.discard(ended.si_pid)

    def _report(self, serial: int, how: str) -> None:
        self._channel.send("ended", {"serial": serial, "how": how})

    def _end_all(self) -> None:
        for process in self._workers:
            processes.kill_group(process)
        while left := processes.children():
            for process in left:
                os.kill(process, signal.SIGKILL)
            os.waitpid(-1, 0)


def _end_with(driver: int) -> None:
    """Ends this process during its imports when the driver has ended."""

    def check(*_: object) -> None:
        if os.getppid() != driver:
            os._exit(1)

    signal.signal(signal.SIGALRM, check)
    signal.setitimer(signal.ITIMER_REAL, _PARENT_CHECK_SECONDS, _PARENT_CHECK_SECONDS)


def _import(modules: Sequence[str]) -> None:
    for name in modules:
        try:
            with no_collection():
                importlib.import_module(name)
        except BaseException:  # the worker's own import will say it to the user
            _logger.exception("%s could not be imported ahead of the workers.", name)
