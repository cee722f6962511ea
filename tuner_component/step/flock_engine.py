"""The flock of a step: its workers run on other hosts and see shared storage only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.engines.flock import code as flock_code
from tuner_component.engines.flock.coordinator import Flock
from tuner_component.engines.flock.messages import Setup
from tuner_component.engines.storage.objects import open_storage
from tuner_component.step.user_module import UserModule
from tuner_component.step.worker_setup import WorkerSetup


def open_flock(
    setup: WorkerSetup,
    num_slots: int,
    num_together: int,
    module: UserModule,
    root: str,
    inputs: Mapping[str, Sequence[Any]],
) -> Flock:
    """Takes the lead of the flock that meets in a folder; starts no worker.

    Args:
        setup: What the workers do.
        num_slots: Trials at once, or groups of those that train together.
        num_together: Trials of a group, at most.
        module: The user's code; workers get it through the storage, unless it is
            installed.
        root: Folder that all hosts share; may have a scheme.
        inputs: Input key to artifacts; workers must see them where the step does.

    Raises:
        EngineError: If the storage cannot be used.
        ValueError: If nothing here knows its scheme.
    """
    storage = open_storage(root)
    code = flock_code.share(storage, module.folder) if module.folder else ""
    everything = Setup(
        evaluator=setup.evaluator,
        settings=elsewhere(setup.settings, module),
        libraries=setup.libraries,
        user_modules=setup.user_modules,
        limits=setup.limits,
        environment=setup.environment,
        code=code,
        inputs=tuple(one.uri for artifacts in inputs.values() for one in artifacts),
        together=num_together,
    )
    return Flock(storage, everything, num_slots * num_together)


def elsewhere(settings: Mapping[str, Any], module: UserModule) -> dict[str, Any]:
    """Returns settings that name no folder of this host."""
    imported = dataclasses.asdict(dataclasses.replace(module, folder=""))
    load_settings = {**settings["load_settings"], "module": imported}
    load_settings["inputs"] = {**load_settings["inputs"], "cache_folder": ""}
    return {**settings, "load_settings": load_settings}
