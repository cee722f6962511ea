"""A seeded search on a flock, to be killed: `python -m tests.chaos.flock_search FOLDER`.

It is that of `tests.chaos.search`, run by workers that whoever starts it starts too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.chaos import search
from tests.engines import flocks
from tests.engines.storages import Flaky
from tuner_component import search_loop
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import open_storage
from tuner_component.errors import TunerError
from tuner_component.strategies.random import Random
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective

TIMINGS = {"default": Timing(), "hasty": flocks.HASTY}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--timing", choices=TIMINGS, default="hasty")
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--flaky", action="store_true")
    options = parser.parse_args()
    storage = open_storage(str(options.folder / "flock"))
    settings = {"log": str(options.folder / "begun.log"), "seconds": options.seconds}
    flock = flocks.make_flock(
        Flaky(storage, 0.1, seed=0) if options.flaky else storage,
        3,
        TIMINGS[options.timing],
        evaluator="tests.chaos.search:make_evaluator",
        settings=settings,
    )
    try:
        _search(options.folder, flock)
    except (TunerError, OSError) as error:
        flocks.abandon(flock)
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    flock.close()
    return 0


def _search(folder: Path, flock) -> None:
    header = {"space": search.SPACE.fingerprint(), "strategy": "random"}
    with study_home.open_home(str(folder / "studies"), header) as home:
        study = Study.open(
            home,
            Random(search.SPACE, 0),
            Objective("loss", "min"),
            StudyLimits(max_trials=search.NUM_TRIALS, max_retries=20),
        )
        search_loop.run(study, flock, search._Silent())


if __name__ == "__main__":
    sys.exit(main())
