"""Worker pool specs: checked one by one, and completed to the flock that is wanted."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion
from tuner_component.vertex.tuning_args import refused

_MOST_POOLS = 4
_POOL_FIELDS = (
    "container_spec",
    "disk_spec",
    "lustre_mounts",
    "machine_spec",
    "nfs_mounts",
    "python_package_spec",
    "replica_count",
)
_RESERVED = ("CLUSTER_SPEC", "TF_CONFIG")
_logger = logging.getLogger(__name__)


def completed(given: Any, num_parallel_trials: int | None) -> list[dict[str, Any]]:
    """Returns the pools of the flock: the coordinator's, then the workers'.

    As in TFX's extension, `num_parallel_trials` decides how many replicas there are,
    and a second pool that is missing is made like the first.

    Args:
        given: `worker_pool_specs` as the user wrote them.
        num_parallel_trials: Replicas of all pools together; None leaves it to them.

    Raises:
        PreflightError: Says what was received, what was expected and how to fix it.
    """
    if not isinstance(given, list) or not given:
        raise refused(
            "worker_pool_specs",
            given,
            "a list of one or two dicts, each with 'machine_spec' and 'container_spec'",
            "The first is the coordinator's replica, the second the workers'",
        )
    if len(given) > _MOST_POOLS:
        raise PreflightError(
            f"worker_pool_specs has {len(given)} pools; expected {_MOST_POOLS} at "
            "most. Raise replica_count instead."
        )
    pools = [_checked(index, pool) for index, pool in enumerate(given)]
    for index, pool in enumerate(pools):
        pool.setdefault("container_spec", copy.deepcopy(pools[0]["container_spec"]))
        _check_container(f"worker_pool_specs[{index}]", pool["container_spec"])
    return _sized(pools, num_parallel_trials)


def num_replicas(pools: list[dict[str, Any]]) -> int:
    """Returns how many machines there are."""
    return sum(pool["replica_count"] for pool in pools)


def _sized(
    pools: list[dict[str, Any]], num_parallel_trials: int | None
) -> list[dict[str, Any]]:
    if num_parallel_trials is None:
        return pools
    wanted = num_parallel_trials - 1
    if wanted and len(pools) == 1:
        pools = [pools[0], copy.deepcopy(pools[0])]
    others = num_replicas(pools[2:])
    if len(pools) > 1 and pools[1]["replica_count"] != wanted - others:
        if wanted - others < 1:
            raise PreflightError(
                f"num_parallel_trials is {num_parallel_trials}, but worker_pool_specs "
                f"has {num_replicas(pools)} replicas in {len(pools)} pools; expected "
                "as many replicas. Leave pools out, or raise num_parallel_trials."
            )
        _logger.warning(
            "worker_pool_specs[1].replica_count is %d instead of %d, so that there "
            "are num_parallel_trials=%d replicas.",
            *(wanted - others, pools[1]["replica_count"], num_parallel_trials),
        )
        pools[1]["replica_count"] = wanted - others
    return pools


def _checked(index: int, given: Any) -> dict[str, Any]:
    where = f"worker_pool_specs[{index}]"
    if not isinstance(given, Mapping):
        raise refused(where, given, "a dict with 'machine_spec'", "Use a dict")
    for name in given:
        if name not in _POOL_FIELDS:
            raise PreflightError(
                f"{where} has the field {name!r}; expected some of "
                f"{list(_POOL_FIELDS)}.{suggestion(str(name), _POOL_FIELDS)}"
            )
    pool = copy.deepcopy(dict(given))
    pool["replica_count"] = _replica_count(where, index, pool.get("replica_count", 1))
    if "python_package_spec" in pool:
        raise refused(
            f"{where}.python_package_spec",
            pool["python_package_spec"],
            "a container_spec",
            "Put the code into an image with tuner_component, and name it in "
            "container_spec.image_uri",
        )
    _check_machine(f"{where}.machine_spec", pool.get("machine_spec"))
    if "disk_spec" in pool:
        _check_disk(f"{where}.disk_spec", pool["disk_spec"])
    if index == 0:
        pool.setdefault("container_spec", None)
    return pool


def _replica_count(where: str, index: int, count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise refused(
            f"{where}.replica_count",
            count,
            "a number of machines, at least 1",
            "Leave the pool out if there shall be none",
        )
    if index == 0 and count != 1:
        raise refused(
            f"{where}.replica_count",
            count,
            "1: the first pool is the coordinator",
            "Move the others to a second pool",
        )
    return count


def _check_machine(where: str, machine: Any) -> None:
    from google.cloud.aiplatform_v1.types import AcceleratorType

    kind = machine.get("machine_type") if isinstance(machine, Mapping) else None
    if not isinstance(kind, str) or not kind:
        raise refused(
            where,
            machine,
            "a dict with 'machine_type', such as {'machine_type': 'n1-standard-8'}",
            "Name a machine type of Compute Engine",
        )
    gpu, count = (machine.get(f"accelerator_{part}") for part in ("type", "count"))
    known = [*AcceleratorType.__members__][1:]
    if gpu is not None and gpu not in known:
        raise PreflightError(
            f"{where}.accelerator_type is {gpu!r}; expected one of {known}."
            + suggestion(str(gpu), known)
        )
    valid = isinstance(count, int) and not isinstance(count, bool) and count >= 1
    if (gpu is None) != (count is None) or (count is not None and not valid):
        raise PreflightError(
            f"{where} has accelerator_type={gpu!r} and accelerator_count={count!r}; "
            "expected both, the count at least 1. Give both, or leave both out."
        )


def _check_disk(where: str, disk: Any) -> None:
    size = disk.get("boot_disk_size_gb", 100) if isinstance(disk, Mapping) else None
    if isinstance(size, bool) or not isinstance(size, int) or size < 100:
        raise refused(
            where,
            disk,
            "a dict with 'boot_disk_size_gb' of at least 100",
            "Give the size in GB as a number",
        )


def _check_container(where: str, container: Any) -> None:
    image = container.get("image_uri") if isinstance(container, Mapping) else None
    if not isinstance(image, str) or not image:
        raise refused(
            f"{where}.container_spec",
            container,
            "a dict with 'image_uri'",
            "Name an image that holds TFX, tuner_component and what your module "
            "imports (kubeflow/Dockerfile makes one)",
        )
    for name in ("command", "args"):
        if container.get(name):
            raise refused(
                f"{where}.container_spec.{name}",
                container[name],
                "none: the replicas run the Tuner",
                f"Leave {name} out",
            )
    _check_environment(f"{where}.container_spec.env", container.get("env") or [])


def _check_environment(where: str, variables: Any) -> None:
    valid = isinstance(variables, list) and all(
        isinstance(one, Mapping)
        and set(one) == {"name", "value"}
        and all(isinstance(part, str) for part in one.values())
        for one in variables
    )
    if not valid:
        raise refused(
            where,
            variables,
            "a list such as [{'name': 'LEVEL', 'value': '3'}]",
            "Write every variable as such a dict of two strings",
        )
    for one in variables:
        if one["name"] in _RESERVED:
            raise refused(
                where, one, "no variable that Vertex AI sets itself", "Leave it out"
            )
