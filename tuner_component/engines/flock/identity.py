"""Which part a process has in a flock, as the platform that started it says."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
from collections.abc import Mapping
from typing import Any

from tuner_component.errors import EngineError

CLUSTER_SPEC = "CLUSTER_SPEC"
"""Set by Vertex AI for every replica of a `CustomJob`."""
COMPLETION_INDEX = "JOB_COMPLETION_INDEX"
"""Set by Kubernetes for every pod of an Indexed Job."""
_PRIMARY_POOLS = ("workerpool0", "chief")


@dataclasses.dataclass(frozen=True)
class Role:
    """A process's part in a flock.

    Attributes:
        name: Names the process; the same when it is started again.
        is_coordinator: Whether it runs the step; a worker serves it.
        num_workers: How many processes are not the coordinator; None if unknown.
    """

    name: str
    is_coordinator: bool = False
    num_workers: int | None = None


def role_of(environment: Mapping[str, str]) -> Role:
    """Returns the part of the process with this environment.

    In a Vertex `CustomJob` replica 0 of pool 0 is the coordinator; where it is the only
    one, the pool may be called `chief`. All pods of a
    Kubernetes Indexed Job are workers: the step runs elsewhere. So is a process that
    was started by hand.

    Raises:
        EngineError: If a variable is not as the platform sets it.
    """
    if environment.get(CLUSTER_SPEC):
        return _of_cluster(environment[CLUSTER_SPEC])
    if environment.get(COMPLETION_INDEX):
        return _of_index(environment[COMPLETION_INDEX])
    host = re.sub(r"[^A-Za-z0-9_-]", "-", platform.node())[:40] or "host"
    return Role(f"{host}-{os.getpid()}")


def _of_cluster(text: str) -> Role:
    try:
        spec = json.loads(text)
        pools = {str(pool): len(hosts) for pool, hosts in spec["cluster"].items()}
        pool, index = _task(spec["task"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(text, f"{type(error).__name__}: {error}") from error
    if not 0 <= index < pools.get(pool, 0):
        raise _malformed(text, f"there is no replica {index} of {pool!r}")
    return Role(
        f"{pool}-{index}",
        is_coordinator=pool in _PRIMARY_POOLS and index == 0,
        num_workers=sum(pools.values()) - 1,
    )


def _task(task: Mapping[str, Any]) -> tuple[str, int]:
    return str(task["type"]), int(task["index"])


def _of_index(text: str) -> Role:
    if not re.fullmatch(r"\d{1,9}", text):
        raise EngineError(
            f"{COMPLETION_INDEX} is {text!r}; expected a number from 0, as Kubernetes "
            'sets it in a Job with `completionMode: "Indexed"`.'
        )
    return Role(f"worker-{int(text)}")


def _malformed(text: str, why: str) -> EngineError:
    return EngineError(
        f"{CLUSTER_SPEC} is {text!r} ({why}); expected JSON with `cluster` (pool to "
        "hosts) and `task` (`type`, `index`), as Vertex AI sets it. Unset it to start "
        "a worker by hand."
    )
