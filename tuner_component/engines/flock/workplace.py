"""What a worker of a flock needs on its host: code, folders, a pool of processes."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from tuner_component.engines.flock import code
from tuner_component.engines.flock.lease import Lease
from tuner_component.engines.flock.messages import Setup
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.engines.storage.objects import exists

_EVALUATOR = "tuner_component.engines.flock.lease:make_evaluator"


class Workplace:
    """Where the processes of a worker run jobs.

    Args:
        num_slots: Jobs at once, >= 1.
        log_folder: Local folder for the logs of the processes that run jobs; not kept
            where it is `scratch`.
        scratch: Local folder for the user's code and for temporary files.

    Attributes:
        lease: The worker's on its trials; those processes look at it.
    """

    def __init__(self, num_slots: int, log_folder: str, scratch: str) -> None:
        self._num_slots = num_slots
        self._log_folder = Path(log_folder)
        self._scratch = Path(scratch)
        self._logs_on = None if log_folder == scratch else platform.node()
        self._lease_path = str(self._log_folder / "lease")
        self.lease = Lease(self._lease_path)

    def prepare(self, setup: Setup, archive: bytes) -> dict[str, str]:
        """Unpacks the study's code; returns the variables of the processes.

        Args:
            setup: The study's.
            archive: The code; empty where there is none.

        Raises:
            OSError: If the folders of this host cannot be used.
        """
        temporary = self._scratch / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        unpacked = self._scratch / "code"
        sys.path[:] = [path for path in sys.path if Path(path).parent != unpacked]
        paths = [os.environ.get("PYTHONPATH", "")]
        if setup.code:
            folder = unpacked / Path(setup.code).stem
            code.unpack(archive, folder)
            sys.path.append(str(folder))  # which the pool's processes have too
            paths.append(str(folder))
        return {
            **setup.environment,
            "TMPDIR": str(temporary),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }

    def open_pool(self, setup: Setup, environment: dict[str, str]) -> LocalPool:
        """Returns a pool for the study's jobs, which end with the lease.

        Args:
            setup: The study's.
            environment: What `prepare` returned.
        """
        self._log_folder.mkdir(parents=True, exist_ok=True)
        self.lease.extend(0.0)  # has its room on the disk now
        settings = {
            "lease": self._lease_path,
            "evaluator": setup.evaluator,
            "settings": setup.settings,
        }
        pool = LocalPool(
            self._num_slots,
            _EVALUATOR,
            settings,
            log_folder=str(self._log_folder),
            preload=Preload(setup.libraries, setup.user_modules),
            limits=setup.limits,
            environment=environment,
        )
        pool.name_logs(self._logs_on)
        pool.do_together(setup.together)
        return pool

    def unusable(self, error: OSError) -> str:
        """Says for people what it means that the folders of this host raise this."""
        folders = sorted({str(self._scratch), str(self._log_folder)})
        return (
            f"{platform.node()} cannot be worked on: {error}. Expected room in "
            f"{' and '.join(folders)}: free some, or choose another disk with TMPDIR "
            "and --logs."
        )


def unseen(setup: Setup) -> str | None:
    """Returns why this host cannot work: an input that it does not see, or None."""
    for name in setup.inputs:
        if not exists(name):
            return (
                f"it does not see {name}. Expected the step's inputs on storage that "
                "all hosts share; mount it there, or put the pipeline root on it."
            )
    return None
