"""One seeded search on every engine: `make bench-histories`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.parts.figures import Figure, report
from tests.engines import beam_searches
from tests.engines.beam_searches import Case, told
from tests.engines.flocks import FlockOfProcesses
from tests.engines.runners.flink import Flink
from tests.engines.runners.prism import Prism
from tests.engines.runners.service import Services
from tests.engines.runners.spark import Spark
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.trial import Trial

CASE = Case("successive_halving", {"max_resource": 9}, max_trials=9, num_rounds=3)
MODES = {"in_memory": 1, "multi_threading": 2, "multi_processing": 2}
RUNNERS = {"prism": Prism, "spark": Spark, "flink": Flink}


def found_by(name: str, folder: Path) -> list[Trial]:
    """Returns the trials of the search on an engine or a Beam runner."""
    if name == "flock of 3":
        flock = FlockOfProcesses(folder / "flock", 3, evaluator=CASE.evaluator)
        return told(beam_searches.on_engine(folder, CASE, flock)[0])
    with Services() as services:
        if name in MODES:
            arguments = beam_searches.arguments(name, MODES[name])
        else:
            arguments = RUNNERS[name](services, folder / name).arguments
        trials, _ = beam_searches.on_beam(folder, CASE, submitter(arguments))
        return told(trials)


def measure() -> list[Figure]:
    """The trials of each that are not those of the local pool."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        expected = told(beam_searches.on_local_pool(Path(folder), CASE)[0])
    for name in (*MODES, *RUNNERS, "flock of 3"):
        with tempfile.TemporaryDirectory() as folder:
            found = found_by(name, Path(folder))
        missing = abs(len(found) - len(expected))
        differing = sum(a != b for a, b in zip(found, expected, strict=False))
        title = f"{name}: trials that differ from the local pool's"
        figures.append(Figure(title, missing + differing, 0))
    return figures


if __name__ == "__main__":
    sys.exit(report("histories", measure()))
