"""Which GPU and how many threads each worker of a pool gets."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from tuner_component.engines.devices import VISIBLE_DEVICES, device_masks, usable_cores

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
_GROWTH = "TF_FORCE_GPU_ALLOW_GROWTH"
_logger = logging.getLogger(__name__)


def worker_environments(
    count: int, environment: Mapping[str, str]
) -> list[dict[str, str | None]]:
    """Returns the variables that differ from worker to worker.

    The user's own choice of threads stands. Otherwise several workers share the
    cores, at least one thread each, and a single worker gets what its libraries
    choose. On a GPU, memory is taken as it is needed.

    Args:
        count: Number of workers.
        environment: Of the pool.

    Returns:
        Variable to value, for each worker; None means that it must not be set.
    """
    masks = device_masks(environment)
    threads = None if count == 1 else str(max(1, usable_cores() // count))
    common: dict[str, str | None] = {
        name: environment.get(name, threads) for name in THREADS
    }
    if masks and count > len(masks):
        _logger.warning(
            "%d workers share %d GPU(s): they compete for memory and time. For one "
            "each, run at most %d trials at once.",
            *(count, len(masks), len(masks)),
        )
    if masks:  # TensorFlow would take all memory of a device for its first model.
        common[_GROWTH] = environment.get(_GROWTH, "true")
    if not masks:
        return [dict(common) for _ in range(count)]
    return [
        {**common, VISIBLE_DEVICES: masks[number % len(masks)]}
        for number in range(count)
    ]
