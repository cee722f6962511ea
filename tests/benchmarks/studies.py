"""What a study of 10,000 trials costs: `make bench-studies`."""

from __future__ import annotations

import dataclasses
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tuner_component.evaluation import Outcome
from tuner_component.journal import LocalJournal
from tuner_component.journal.lines import line_of
from tuner_component.records import encode
from tuner_component.search_space import Boolean, Choice, Float, Int, SearchSpace
from tuner_component.strategies import registry
from tuner_component.study import Study, StudyLimits
from tuner_component.study import records as study_records
from tuner_component.trial import Measurement, Objective, Trial, TrialState

_NUM_TRIALS = 10_000
_NUM_ROUNDS = 50
_SPACE = SearchSpace(
    [
        Float("rate", 1e-5, 1.0, sampling="log"),
        Float("dropout", 0.0, 0.5),
        Float("momentum", 0.0, 0.99),
        Int("units", 4, 512, sampling="log"),
        Int("layers", 1, 8),
        Choice("batch_size", (16, 32, 64, 128)),
        Choice("activation", ("relu", "tanh", "gelu")),
        Boolean("normalised"),
    ]
)
_STRATEGIES = ("random", "quasi_random", "evolution")


@dataclasses.dataclass(frozen=True)
class _Home:
    folder: str
    header: dict[str, str]
    journal: LocalJournal


def main() -> int:
    return report("studies", figures())


def figures() -> list[Figure]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        home = _written(Path(folder))
        opened = _seconds(lambda: _open(home, "random"))
        found.append(Figure("open a study of 10,000 trials, CPU s", opened, 1.0))
        for name in _STRATEGIES:
            title = f"ask + tell after 10,000 trials, {name}, CPU ms"
            found.append(Figure(title, _round(_open(home, name)), 5.0))
    return found


def _open(home: _Home, name: str) -> Study:
    strategy = registry.create(name, _SPACE, 0, {})
    return Study.open(home, strategy, Objective("loss", "min"), StudyLimits())


def _round(study: Study) -> float:
    """Returns the milliseconds of a trial's way out and back, as the median."""
    costs = []
    for _ in range(_NUM_ROUNDS):
        begun = _cpu()
        (job,) = study.ask(1)
        study.tell(_outcome(job.trial_id, 1.0))
        costs.append(1000 * (_cpu() - begun))
    return float(np.median(costs))


def _written(folder: Path) -> _Home:
    """Writes the journal of 10,000 ended trials of five epochs each."""
    home = _Home(str(folder), {"space": "ten"}, LocalJournal(folder / "journal.jsonl"))
    rng = np.random.default_rng(0)
    home.journal.append(study_records.study(home.header, 0.0))
    line = home.journal._path.read_bytes()
    with home.journal._path.open("wb") as file:
        file.write(line)
        for number in range(_NUM_TRIALS):
            trial = Trial(f"{number:04d}", number, _SPACE.sample(rng), seed=number)
            outcome = _outcome(trial.trial_id, float(rng.normal()))
            file.write(_line(study_records.proposed(trial, 0.0)))
            ended = study_records.ended(outcome, TrialState.COMPLETED, 0.0)
            file.write(_line(ended))
    return dataclasses.replace(home, journal=LocalJournal(folder / "journal.jsonl"))


def _line(record: dict[str, object]) -> bytes:
    return line_of(json.loads(json.dumps(encode(record))))


def _outcome(trial_id: str, loss: float) -> Outcome:
    curve = tuple(Measurement(float(n), {"loss": loss + 1 / (n + 1)}) for n in range(5))
    return Outcome(trial_id, 0, {"loss": loss}, curve, duration_seconds=1.0)


def _seconds(function: Callable[[], object]) -> float:
    begun = _cpu()
    function()
    return _cpu() - begun


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
