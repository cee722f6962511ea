"""What every replica of the CustomJob runs: the step, or a worker of its flock.

Replica 0 of the first pool runs the step and a worker besides; all others are workers.
They meet in a folder of the study, and open no port.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

from tuner_component import worker
from tuner_component.engines import processes
from tuner_component.engines.flock.identity import CLUSTER_SPEC, Role, role_of
from tuner_component.step.local_engine import from_tune_args
from tuner_component.step.request import Request
from tuner_component.vertex.custom_job import read_request

_PRIMARY = Role("primary", is_coordinator=True, num_workers=0)
_LEAVE_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a replica until the search has ended; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tuner_component.vertex.replica")
    parser.add_argument("--request", required=True, help="the step, as JSON")
    request = read_request(parser.parse_args(arguments).request)
    role = role_of(os.environ) if os.environ.get(CLUSTER_SPEC) else _PRIMARY
    if not role.is_coordinator:
        return worker.main(["--root", request.flock_root, "--name", role.name])
    coordinate(request, role)
    return 0


def coordinate(request: Request, role: Role) -> None:
    """Runs the step, and a worker beside it.

    Raises:
        TunerError: If the step cannot be done.
    """
    from tuner_component.step.run import run

    with _own_worker(request.flock_root, role.name):
        run(_on_flock(request, (role.num_workers or 0) + 1))


def _on_flock(request: Request, num_replicas: int) -> Request:
    """Returns the request with its trials on all replicas."""
    search = dataclasses.replace(request.search, engine="flock")
    if not from_tune_args(request.properties.get("tune_args")):
        search = dataclasses.replace(
            search, parallelism=search.parallelism or num_replicas
        )
    properties = {**request.properties, "search": search.to_json()}
    return dataclasses.replace(request, properties=properties)


@contextlib.contextmanager
def _own_worker(root: str, name: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tuner_component.worker", "--root", root]
    started = subprocess.Popen(
        [*command, "--name", name],
        preexec_fn=functools.partial(processes.die_with_parent, os.getpid()),
    )
    try:
        yield
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(_LEAVE_SECONDS)
    finally:
        started.kill()
        started.wait()


if __name__ == "__main__":
    sys.exit(main())
