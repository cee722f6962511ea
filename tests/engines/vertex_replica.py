"""What every replica of a CustomJob runs: the step, or a worker of it.

`python -m tests.engines.vertex_replica FOLDER`, with `CLUSTER_SPEC`. The step prints
every event with its worker, and the best trial at the end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.chaos import search
from tests.engines.flocks import HASTY, make_flock
from tuner_component import search_loop, worker
from tuner_component.engines.flock.identity import role_of
from tuner_component.strategies.random import Random
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective


class _Printing:
    def on_event(self, study, event):
        name = getattr(event, "worker", "")
        sys.stdout.write(f"{type(event).__name__} {event.trial_id} {name}\n")
        sys.stdout.flush()

    def on_tick(self, study):
        pass


def coordinate(folder: Path, num_workers: int) -> None:
    settings = {"log": str(folder / "begun.log"), "seconds": 0.2}
    flock = make_flock(
        folder / "flock",
        num_workers,
        HASTY,
        evaluator="tests.chaos.search:make_evaluator",
        settings=settings,
    )
    with study_home.open_home(str(folder / "studies"), {"space": "x"}) as home:
        study = Study.open(
            home,
            Random(search.SPACE, 0),
            Objective("loss", "min"),
            StudyLimits(max_trials=search.NUM_TRIALS),
        )
        search_loop.run(study, flock, _Printing())
    flock.close()
    sys.stdout.write(f"best {study.best.trial_id} {study.best.score}\n")


def main(folder: Path) -> int:
    role = role_of(os.environ)
    if role.is_coordinator:
        coordinate(folder, role.num_workers)
        return 0
    return worker.main(["--root", str(folder / "flock")])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
