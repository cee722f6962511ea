"""Where portable runners get their Python workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.engines.runners.service import Service, Services


def start_worker_pool(
    services: Services, folder: Path, environment: Mapping[str, str] | None = None
) -> Service:
    """Starts what starts a Python process for each worker of a runner."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "tests.engines.runners.worker_pool"]
    given = {"PATH": path, **(environment or {})}
    return services.start("worker-pool", command, folder, given)


def external(workers: Service) -> list[str]:
    """Returns Beam's arguments for workers of a pool."""
    address = workers.wait_for(r"workers at (\S+)")
    return ["--environment_type=EXTERNAL", f"--environment_config={address}"]
