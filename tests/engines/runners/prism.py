"""Beam's Prism: one process, with Python workers."""

from __future__ import annotations

from pathlib import Path

from tests.engines.runners.installed import runners
from tests.engines.runners.python_workers import external, start_worker_pool
from tests.engines.runners.service import Services


class Prism:
    """Starts at once; `arguments` are for Beam."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.workers = start_worker_pool(services, folder)
        command = [
            str(runners() / "prism"),
            "--job_port=0",
            "--serve_http=false",
            "--log_kind=text",
        ]
        self.job_server = services.start("prism", command, folder)

    @property
    def arguments(self) -> list[str]:
        endpoint = self.job_server.wait_for(r"endpoint=(\S+)")
        return [
            "--runner=PortableRunner",
            f"--job_endpoint={endpoint}",
            *external(self.workers),
        ]
