"""An evaluator that notes what it does outside of the study's folder."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from tuner_component.evaluation import Evaluation, Evaluator, Job, Report


def make_noting(notes: str, seconds: float = 0.0, fill: str = "") -> Evaluator:
    """Fills the disk of a file, if one is named, while the fourth trial runs."""

    def evaluate(job: Job, report: Report) -> Evaluation:
        with (Path(notes) / job.trial_id).open("a") as file:
            file.write("begun\n")
        time.sleep(seconds)
        filled = Path(notes).with_name("filled")
        if fill and len([*Path(notes).iterdir()]) == 4 and not filled.exists():
            filled.touch()
            _fill(Path(fill))
        return Evaluation({"loss": job.values["x"] ** 2 + job.values["y"] ** 2})

    return evaluate


def counts(notes: Path) -> dict[str, int]:
    """Returns how often each trial was begun."""
    return {
        path.name: len(path.read_text().splitlines())
        for path in sorted(notes.iterdir())
    }


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size):
                    pass
