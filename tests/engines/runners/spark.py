"""A Spark cluster on loopback: job server, master, workers with an executor each."""

from __future__ import annotations

from pathlib import Path

from tests.engines.runners.installed import runners
from tests.engines.runners.java import java
from tests.engines.runners.python_workers import external, start_worker_pool
from tests.engines.runners.service import Services

_BEAM = "org.apache.beam.runners.spark.SparkJobServerDriver"
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_HERE = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
}


class Spark:
    """Two workers of one core; `arguments` are for Beam."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._services, self._folder = services, folder
        home = folder / "home"
        home.mkdir(parents=True)
        (home / "jars").symlink_to(runners() / "spark")
        self._environment = {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SCALA_VERSION": "2.12",
        }
        self.workers = start_worker_pool(services, folder)
        self.master = self._start("master", _MASTER, *_HERE)
        url = self.master.wait_for(r"Starting Spark master at (\S+)")
        self.hosts = [
            self._start(
                f"host-{number}",
                _WORKER,
                *_HERE,
                *("--cores", "1", "--memory", "1g"),
                *("--work-dir", str(folder / f"work-{number}")),
                url,
            )
            for number in range(2)
        ]
        self.job_server = self._start(
            "job-server",
            _BEAM,
            f"--spark-master-url={url}",
            "--job-host=127.0.0.1",
            "--job-port=0",
            "--artifact-port=0",
            "--expansion-port=0",
            f"--artifacts-dir={folder / 'artifacts'}",
        )
        for host in self.hosts:
            host.wait_for("Successfully registered with master")

    @property
    def arguments(self) -> list[str]:
        port = self.job_server.wait_for(r"JobService started on \S+:(\d+)")
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=127.0.0.1:{port}",
            *external(self.workers),
        ]

    def _start(self, name: str, main: str, *arguments: str):
        command = java("spark", main, *arguments, settings=_SETTINGS)
        return self._services.start(name, command, self._folder, self._environment)
