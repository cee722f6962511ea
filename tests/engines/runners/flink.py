"""A Flink cluster on loopback: job server, job manager, task managers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.engines.runners.java import java
from tests.engines.runners.python_workers import external, start_worker_pool
from tests.engines.runners.service import Service, Services

_BEAM = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
# Any task manager alone could run a job of two; two share it.
_SETTINGS = """\
blob.server.port: "0"
classloader.resolve-order: parent-first
cluster.evenly-spread-out-slots: true
heartbeat.interval: 1000
heartbeat.timeout: 8000
jobmanager.bind-host: 127.0.0.1
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: 0
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.bind-port: "0"
rest.port: 0
restart-strategy.fixed-delay.attempts: 3
restart-strategy.fixed-delay.delay: 1s
restart-strategy.type: fixed-delay
taskmanager.bind-host: 127.0.0.1
taskmanager.cpu.cores: 2.0
taskmanager.host: 127.0.0.1
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 64m
taskmanager.memory.jvm-metaspace.size: 128m
taskmanager.memory.jvm-overhead.max: 64m
taskmanager.memory.jvm-overhead.min: 64m
taskmanager.memory.managed.size: 64m
taskmanager.memory.network.max: 256m
taskmanager.memory.network.min: 256m
taskmanager.memory.task.heap.size: 128m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.numberOfTaskSlots: 2
"""


class Flink:
    """Two workers, each a task manager; `arguments` are for Beam."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._services, self._folder = services, folder
        settings = folder / "settings"
        settings.mkdir(parents=True)
        # A killed task manager leaves what it has there: up to 2 GB.
        scratch = f"io.tmp.dirs: {folder / 'scratch'}\n"
        (settings / "config.yaml").write_text(_SETTINGS + scratch)
        self._settings = ("--configDir", str(settings))
        self.workers = start_worker_pool(services, folder)
        self.job_manager = self._start("job-manager", _JOB_MANAGER, *self._settings)
        self.task_managers = [self._start_task_manager(n) for n in range(2)]
        self.job_server = self._start_job_server(0)
        for manager in self.task_managers:
            manager.wait_for("Successful registration at resource manager")

    @property
    def arguments(self) -> list[str]:
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=127.0.0.1:{self._port}",
            "--parallelism=2",
            "--environment_cache_millis=60000",
            *external(self.workers),
        ]

    def replace_task_manager(self, number: int) -> None:
        """Kills a task manager and starts another one."""
        self.task_managers[number].kill()
        self.task_managers[number] = self._start_task_manager(number)

    def replace_job_server(self) -> None:
        """Kills the job server and starts another one on its port."""
        port = self._port
        self.job_server.kill()
        self.job_server = self._start_job_server(port)

    def replace_workers(self, environment: Mapping[str, str]) -> None:
        """Kills all Python workers; those to come have the environment."""
        self.workers.kill()
        self.workers = start_worker_pool(self._services, self._folder, environment)

    @property
    def _port(self) -> int:
        return int(self.job_server.wait_for(r"JobService started on \S+:(\d+)"))

    def _start_task_manager(self, number: int) -> Service:
        port = self.job_manager.wait_for(r"pekko\.tcp://flink@127\.0\.0\.1:(\d+)")
        where = f"-Djobmanager.rpc.port={port}"
        name = f"task-manager-{number}"
        return self._start(name, _TASK_MANAGER, *self._settings, where)

    def _start_job_server(self, port: int) -> Service:
        """Starts what takes pipelines, on a port of its own choice if that is 0."""
        master = self.job_manager.wait_for(r"Rest endpoint listening at (\S+)")
        return self._start(
            "job-server",
            _BEAM,
            f"--flink-master={master}",
            "--job-host=127.0.0.1",
            f"--job-port={port}",
            "--artifact-port=0",
            "--expansion-port=0",
            f"--artifacts-dir={self._folder / 'artifacts'}",
        )

    def _start(self, name: str, main: str, *arguments: str) -> Service:
        command = java("flink", main, *arguments)
        return self._services.start(name, command, self._folder)
