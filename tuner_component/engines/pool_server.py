"""The fork server of a pool, and the one that takes its place when it dies."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from tuner_component.engines.server_process import ServerProcess
from tuner_component.engines.worker_log import tail
from tuner_component.errors import EngineError

_LOG = "fork-server.log"


@dataclasses.dataclass(frozen=True)
class Preload:
    """What the fork server imports once, for all workers.

    Attributes:
        libraries: Module names; importing them must run nothing.
        user_modules: Module names. When importing them runs TensorFlow, uses a GPU
            or starts threads, every worker imports them itself instead.
    """

    libraries: Sequence[str] = ()
    user_modules: Sequence[str] = ()


class PoolServer:
    """Runs until it is closed, or nothing refers to it any more.

    Attributes:
        process: The server of now.

    Args:
        preload: What it imports.
        environment: That of the workers.
        log_folder: Takes its log.
    """

    def __init__(
        self, preload: Preload, environment: Mapping[str, str], log_folder: Path
    ) -> None:
        self._libraries, self._environment = preload.libraries, environment
        self._log, self._was_replaced = log_folder / _LOG, False
        self._start(preload.user_modules)

    @property
    def connection(self) -> Connection:
        """Is readable when `process` has something to say."""
        return self.process.channel.connection

    @property
    def is_closed(self) -> bool:
        """Whether no worker can be had any more."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Ends it and all workers within two seconds; safe to call twice."""
        self._finalizer()

    def replace(self) -> EngineError | None:
        """Starts another one, once; it imports no more than it must.

        Returns:
            Why there is none.
        """
        self.close()
        if self._was_replaced:
            return EngineError(
                f"The fork server died twice. The end of {self._log}:\n"
                f"{tail(self._log)}"
            )
        self._was_replaced = True
        self._start(())
        return None

    def _start(self, user_modules: Sequence[str]) -> None:
        environment = {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **self._environment,
            # A library that starts threads as it is imported could not be forked.
            "OMP_NUM_THREADS": "1",
        }
        self.process = ServerProcess(
            self._libraries, user_modules, environment, self._log
        )
        self._finalizer = weakref.finalize(self, self.process.close)
