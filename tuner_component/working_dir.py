"""`fn_args.working_dir`: a folder of the study, for files of the user's code."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

from tuner_component.evaluation import Job
from tuner_component.gfile_store import is_remote


def enter(fn_args: Any, job: Job) -> None:
    """Gives the user's code the folder that the trials of the job's study share.

    Which study it is, is known after exploring: that has a folder of its own.

    Args:
        fn_args: TFX's `FnArgs`; what has no `working_dir` is left as it is.
        job: What is about to begin.
    """
    if hasattr(fn_args, "working_dir"):
        fn_args.working_dir = _folder(job)
        if not is_remote(fn_args.working_dir):
            Path(fn_args.working_dir).mkdir(parents=True, exist_ok=True)


def _folder(job: Job) -> str:
    exploring = "explore" in job.note
    parent = (
        job.folder if exploring else posixpath.dirname(posixpath.dirname(job.folder))
    )
    return f"{parent}/working_dir"
