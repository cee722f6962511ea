"""What a second worker brings: the same trials of an MNIST-size CNN by one and two."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.parts.figures import Figure
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.evaluation import Evaluator, Job, Outcome

_NUM_TRIALS, _NUM_EPOCHS = 8, 3
_LIBRARIES = ("tensorflow", "keras", "keras_tuner")


def figures() -> list[Figure]:
    """Measures the time of the same trials, after a first one on each worker."""
    seconds = {count: _seconds(count) for count in (1, 2)}
    name = "MNIST CNN: speed of two workers / of one, wall"
    return [Figure(name, seconds[1] / seconds[2], 1.8, at_least=True)]


def make() -> Evaluator:
    """Returns the evaluator of the convolutional network, in a worker."""
    from tests.benchmarks import speed_training
    from tuner_component.data import Split
    from tuner_component.keras_trials.together import KerasEvaluation
    from tuner_component.model_code import ModelCode

    case = speed_training.images()
    split = Split(None, case.arrays)
    fit = {"epochs": _NUM_EPOCHS, "batch_size": case.batch_size}
    return KerasEvaluation(
        ModelCode(lambda hp: case.build(), lambda hp: {}, split, split, fit)
    )


def _seconds(num_workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        pool = LocalPool(
            num_workers,
            f"{__name__}:make",
            {},
            log_folder=f"{folder}/logs",
            preload=Preload(_LIBRARIES),
            # One worker has one core too: it is workers that are compared.
            environment={"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"},
        )
        try:
            _run(pool, folder, "first", num_workers)
            began = time.monotonic()
            _run(pool, folder, "trial", _NUM_TRIALS)
            return time.monotonic() - began
        finally:
            pool.close()


def _run(pool: LocalPool, folder: str, kind: str, count: int) -> None:
    for number in range(count):
        pool.submit(_job(Path(folder), f"{kind}{number}"))
    while count:
        for event in pool.wait():
            if isinstance(event, Outcome):
                count -= 1
                if event.error is not None:
                    raise RuntimeError(event.error)


def _job(folder: Path, name: str) -> Job:
    home = folder / name
    home.mkdir()
    values: dict[str, Any] = {}
    return Job(name, values, 1, 0, str(home), "val_loss", "min")
