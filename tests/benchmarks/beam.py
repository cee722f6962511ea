"""What Beam costs beside the local pool: `make bench-beam`."""

from __future__ import annotations

import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.parts.figures import Figure, report, resident_bytes
from tests.engines import beam_searches
from tests.engines.beam_searches import Case
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.trial import Trial

NUM_WORKERS = 2
NUM_TRIALS = 24
_NUM_PAIRS = 3


@dataclasses.dataclass(frozen=True)
class Run:
    """A search.

    Attributes:
        trials: Its trials.
        seconds: From its start to its end.
    """

    trials: Sequence[Trial]
    seconds: float

    @property
    def span(self) -> float:
        """From the start of the first trial to the end of the last, in seconds."""
        ends = [t.started_at + t.duration_seconds for t in self.trials]
        return max(ends) - min(t.started_at for t in self.trials)


def on_beam(case: Case, mode: str = "multi_processing") -> Run:
    run = submitter(beam_searches.arguments(mode, NUM_WORKERS))
    return _timed(lambda folder: beam_searches.on_beam(folder, case, run))


def on_local_pool(case: Case) -> Run:
    return _timed(lambda folder: beam_searches.on_local_pool(folder, case, NUM_WORKERS))


def _timed(search: Callable[[Path], tuple[Sequence[Trial], str]]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        trials, _ = search(Path(folder))
        return Run(trials, time.perf_counter() - started)


def _case(evaluator: str, num_trials: int = NUM_TRIALS, **more) -> Case:
    path = f"tests.engines.timed_evaluators:{evaluator}"
    more = {"num_rounds": 1, "round_size": num_trials, **more}
    return Case(max_trials=num_trials, evaluator=path, **more)


def round_overhead() -> list[Figure]:
    """24 rounds of one trial that takes no time, beside one round of 24."""
    instant = {"settings": {"seconds": 0.0}}
    many = on_beam(_case("make_asleep", num_rounds=NUM_TRIALS, round_size=1, **instant))
    one = on_beam(_case("make_asleep", **instant))
    seconds = (many.span - one.span) / (NUM_TRIALS - 1)
    return [Figure("Beam, multi_processing: s a round", seconds, 0.3)]


def whole_search() -> list[Figure]:
    """24 small Keras trials on 2 workers, start-up included, in turn: median ratio.

    All of them take half a minute on the local pool. Starting two processes that
    import Beam and TensorFlow takes 2 s longer than forking two with TensorFlow.
    """
    size = {"settings": {"epochs": 7}, "libraries": ("tensorflow", "keras")}
    case = _case("make_keras", **size)
    ratios: dict[str, list[float]] = {"multi_processing": [], "multi_threading": []}
    for _ in range(_NUM_PAIRS):
        for mode, found in ratios.items():
            local = on_local_pool(case).seconds
            found.append(on_beam(case, mode).seconds / local)
    return [
        Figure(
            f"24 Keras trials, Beam {mode} / local pool, wall",
            statistics.median(found),
            1.1,
        )
        for mode, found in ratios.items()
    ]


def stragglers() -> list[Figure]:
    """18 trials of 0.5 s and 6 of 2 s on 2 workers; 10.5 s would be ideal."""
    case = _case("make_uneven")
    learns = _case("make_uneven", round_size=3 * NUM_WORKERS, num_rounds=4)
    return [
        Figure("stragglers, Beam in one round, s", on_beam(case).span, 12.5),
        Figure("stragglers, Beam in rounds of 6, s", on_beam(learns).span, 12.5),
        Figure("stragglers, local pool, s", on_local_pool(case).span, 11.0),
    ]


def thousand_trials() -> list[Figure]:
    """1,000 trials of 10 ms on 2 workers."""
    before = resident_bytes()
    run = on_beam(_case("make_asleep", 1000, settings={"seconds": 0.01}))
    grown = resident_bytes() - before
    return [
        Figure(
            "1,000 trials of 10 ms, Beam with 2 workers: trials a second",
            1000 / run.span,
            20,
            at_least=True,
        ),
        Figure("growth of the Beam driver's memory, MB", grown / 1e6, 100),
    ]


def measure() -> list[Figure]:
    found = []
    for figures in (round_overhead, whole_search, stragglers, thousand_trials):
        found += figures()
    return found


if __name__ == "__main__":
    sys.exit(report("beam", measure()))
