"""A fork server that is a fork of the driver: it need not import anything again.

That is allowed only while the driver is what a fork server is itself: a process that
has imported libraries and done nothing yet that a fork could break.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner_component.engines import fork_server, processes

_WAIT_SECONDS = 0.01


class Forked:
    """A child process, as far as `subprocess.Popen` is needed here.

    Attributes:
        pid: Its process id.
        returncode: None while it is not known to have ended.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> None:
        """Returns when it has ended; raises as `Popen.wait` does."""
        end = time.monotonic() + (timeout or 0)
        while self.returncode is None:
            with contextlib.suppress(ChildProcessError):
                ended, status = os.waitpid(self.pid, os.WNOHANG if timeout else 0)
                if not ended and time.monotonic() < end:
                    time.sleep(_WAIT_SECONDS)
                    continue
                if not ended:
                    raise subprocess.TimeoutExpired("fork server", timeout or 0)
                self.returncode = os.waitstatus_to_exitcode(status)
                return
            self.returncode = 0  # Somebody else has waited for it.


def is_safe() -> bool:
    """Returns whether this process may be forked, and would save an import."""
    if not sys.platform.startswith("linux") or "tensorflow" not in sys.modules:
        return False
    # Idle threads of linear algebra, which prepare themselves for forks.
    threads = processes.thread_names()
    harmless = [name for name in threads if name in fork_server.HARMLESS_THREADS]
    if len(threads) - len(harmless) != 1 + _num_blas_threads():
        return False
    names = [name for name in threads if name not in harmless]
    return not fork_server.unsafe_to_fork(names)


def _num_blas_threads() -> int:
    try:
        import threadpoolctl
    except ImportError:
        return 0
    pools = [
        pool["num_threads"] - 1
        for pool in threadpoolctl.threadpool_info()
        if pool.get("internal_api") == "openblas"
        and pool.get("threading_layer") == "pthreads"
    ]
    return int(sum(pools))


def fork(
    descriptor: int, setup: Mapping[str, Any], environment: Mapping[str, str], log: int
) -> Forked:
    """Starts the fork server; see `fork_server.command`.

    Args:
        descriptor: Of the socket to the driver.
        setup: What the server must know.
        environment: Its environment.
        log: Descriptor that takes its standard streams.

    Raises:
        OSError: If there can be no process.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    process = os.fork()
    if process:
        return Forked(process)
    code = 1
    try:
        gc.freeze()  # What the driver left behind may own descriptors.
        _become_a_process_of_its_own(descriptor, log)
        os.environ.clear()
        os.environ.update(environment)
        fork_server.serve(descriptor, setup)
        code = 0
    except BaseException:  # noqa: BLE001 - must not return into the driver
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _become_a_process_of_its_own(descriptor: int, log: int) -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for file in _open_descriptors():
        if file > 2 and file != descriptor:
            with contextlib.suppress(OSError):
                os.close(file)
    sys.stdout, sys.stderr = _written_to(1), _written_to(2)
    logging.getLogger().handlers.clear()  # They write to where the driver's log is.
    os.set_inheritable(descriptor, True)
    sys.argv[:] = ["-c"]
    # Not the driver's script, which another process would run again.
    sys.modules["__main__"] = types.ModuleType("__main__")


def _written_to(descriptor: int) -> io.TextIOWrapper:
    raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(raw, write_through=True)


def _open_descriptors() -> list[int]:
    return [int(path.name) for path in Path("/proc/self/fd").iterdir()]
