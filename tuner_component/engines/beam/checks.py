"""Whether a Beam worker can work at all. Here alone it raises: no trial is to blame."""

from __future__ import annotations

import importlib.machinery
import os
import platform
import sys
import time
from pathlib import PurePosixPath

from tuner_component.engines.beam.memo import Memo
from tuner_component.engines.beam.order import Order
from tuner_component.engines.storage.names import check_name
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job

_REFUSAL = "The Beam worker cannot work: "
"""What the message begins with; runners hand on the text of an error at most."""

_PAUSES_SECONDS = (0.5, 2.0, 4.0)  # network file systems remember what was missing


def check(memo: Memo, order: Order, round_name: str) -> None:
    """Raises unless this worker sees the study's folder and the user's code.

    Raises:
        EngineError: Says what it does not see.
    """
    _check_storage(memo, order, round_name)
    for name in order.user_modules:
        _check_module(name, order)


def check_job(job: Job, folder: str) -> None:
    """Raises unless what a job writes stays in the study's folder.

    Raises:
        EngineError: If the trial's id is no plain name, or its folder is elsewhere.
    """
    try:
        check_name(job.trial_id, "A trial's id")
    except EngineError as error:
        raise EngineError(f"{_REFUSAL}{error}") from error
    inside = job.folder.startswith(f"{folder}/")
    if not inside or ".." in PurePosixPath(job.folder).parts:
        raise EngineError(
            f"{_REFUSAL}the folder of trial {job.trial_id} is {job.folder}; expected "
            f"one in the study's folder {folder}. Somebody else has written there."
        )


def refusal(error: BaseException) -> str:
    """Returns the message of a worker that could not work, or nothing."""
    _, found, rest = str(error).partition(_REFUSAL)
    return found and _REFUSAL + rest.partition("\n")[0].partition(" [while")[0].strip()


def _check_storage(memo: Memo, order: Order, round_name: str) -> None:
    try:
        for pause in _PAUSES_SECONDS:
            if memo.begun(round_name) is not None:
                break
            time.sleep(pause)
        else:
            raise EngineError(
                f"{_REFUSAL}on {platform.node()} the study's folder {order.folder} "
                "does not hold what the step wrote there. Expected a folder that the "
                "step and all workers share; choose one with Search(study_dir=...)."
            )
        memo.try_writing(round_name, f"{platform.node()}-{os.getpid()}")
    except PermissionError as error:
        raise EngineError(
            f"{_REFUSAL}on {platform.node()} the study's folder {order.folder} cannot "
            f"be used: {error}. Expected one that workers can read and write; fix its "
            "permissions, or choose another with Search(study_dir=...)."
        ) from error


def _check_module(name: str, order: Order) -> None:
    top = name.partition(".")[0]
    added = order.environment.get("PYTHONPATH", "").split(os.pathsep)
    if top in sys.modules or importlib.machinery.PathFinder.find_spec(
        top, [*sys.path, *filter(None, added)]
    ):
        return
    raise EngineError(
        f"{_REFUSAL}on {platform.node()} there is no module {name!r}. Install it on "
        "the workers: --extra_package=WHEEL or --sdk_container_image=IMAGE in "
        "beam_pipeline_args."
    )
