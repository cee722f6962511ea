"""A search on Beam that one trial ends: `python -m tests.chaos.deadly_beam FOLDER`.

Two of its six trials run at once, in the processes of two of the driver's threads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from tests.engines.beam_searches import Case, arguments, on_beam
from tests.engines.sessions import until
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report

BYSTANDER, KILLER = "0000", "0001"


def make_deadly(notes: str, driver: int) -> Evaluator:
    """The killer ends the driver each time, with the bystander under way at first."""
    begun = Path(notes)

    def evaluate(job: Job, report: Report) -> Evaluation:
        is_first = not (begun / job.trial_id).exists()
        (begun / job.trial_id).touch()
        if job.trial_id == BYSTANDER and is_first:
            threading.Event().wait()
        if job.trial_id == KILLER:
            until((begun / BYSTANDER).exists)
            os.kill(driver, signal.SIGKILL)
            threading.Event().wait()
        return Evaluation({"loss": job.values["x"] ** 2})

    return evaluate


def case(folder: Path) -> Case:
    """Returns what is searched."""
    return Case(
        max_trials=6,
        num_rounds=1,
        max_deaths=2,
        evaluator="tests.chaos.deadly_beam:make_deadly",
        settings={"notes": str(folder), "driver": os.getpid()},
    )


if __name__ == "__main__":
    here = Path(sys.argv[1])
    on_beam(here / "study", case(here), submitter(arguments("multi_threading", 2)))
