"""Times training by graphs beside Keras' `fit`.

`make bench-speed_training` measures in one process of one thread: steps per CPU second
of three models, what the second trial of a structure costs before its first step, what
200 trials leave in memory, and how far the metrics are from those of `fit`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.runs import ROOT

_ONE_THREAD = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
_ROUNDS = 3
_TOGETHER = 16
_TRIALS = 200
_TOLERANCE = 1e-4  # Rounding that training carries on.
_TOLERANCE_OF_BFLOAT16 = 1e-2


def figures() -> list[Figure]:
    """Measures in a process of its own, which has one thread."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        module = "tests.benchmarks.speed_training"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", module, str(target)],
            cwd=ROOT,
            env={**os.environ, **_ONE_THREAD},
            check=True,
        )
        return [Figure(**figure) for figure in json.loads(target.read_text())]


def _measure() -> list[Figure]:
    return [*_rates(), *_second_trial(), *_memory(), *_equality()]


@dataclasses.dataclass(frozen=True)
class Case:
    """A model and its examples.

    Attributes:
        name: For the tables.
        build: Makes the compiled model.
        arrays: Examples by name, the label under `__label__`.
        batch_size: Examples in a batch.
        epochs: That `fit` and graphs train in a round.
        goal: Steps a CPU second by graphs, or None.
        together_goal: The same for models that train together.
    """

    name: str
    build: Callable[[], Any]
    arrays: dict[str, Any]
    batch_size: int
    epochs: tuple[int, int]
    goal: float | None
    together_goal: float | None = None


def _rates() -> list[Figure]:
    found = []
    for case in (small(), tabular(), images()):
        rates = _steps_per_second(case)
        fit, ours = rates["fit"], rates["graphs"]
        sys.stdout.write(f"{case.name}, steps/CPU s: {_texts(rates)}\n")
        if case.goal is not None:
            name = f"{case.name}: steps a CPU second"
            found.append(Figure(name, ours, case.goal, at_least=True))
        if case.together_goal is not None:
            name = f"{case.name}: steps a CPU second, {_TOGETHER} trials together"
            together = rates["together"]
            found.append(Figure(name, together, case.together_goal, at_least=True))
        goal = 1.1 if case.goal is None else 1.0
        name = f"{case.name}: times as many steps as fit"
        found.append(Figure(name, ours / fit, goal, at_least=True))
    return found


def _steps_per_second(case: Case) -> dict[str, float]:
    """Returns medians of interleaved runs, without what making graphs costs."""
    num_examples = len(case.arrays["__label__"])
    steps = -(-num_examples // case.batch_size)
    few, many = case.epochs
    trained = [("fit", by_fit(case), few, 1), ("graphs", by_graphs(case), many, 1)]
    if case.together_goal is not None:
        trained.append(("together", together(case, _TOGETHER), many, _TOGETHER))
    rates: dict[str, list[float]] = {name: [] for name, *_ in trained}
    for _ in range(_ROUNDS):
        for name, train, epochs, num_models in trained:
            began = time.process_time()
            train(epochs)
            seconds = time.process_time() - began
            rates[name].append(steps * epochs * num_models / seconds)
    return {name: statistics.median(found) for name, found in rates.items()}


def _texts(rates: dict[str, float]) -> str:
    return ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())


def by_fit(case: Case) -> Callable[[int], None]:
    """Returns what trains a model of the case by `fit` for some epochs."""
    from tuner_component.data import Split

    model = case.build()
    batches, steps = Split(None, case.arrays).epochs(case.batch_size, seed=0)

    def train(epochs: int) -> None:
        model.fit(batches, steps_per_epoch=steps, epochs=epochs, verbose=0)

    train(1)
    return train


def by_graphs(case: Case) -> Callable[[int], None]:
    """Returns what trains a model of the case by graphs for some epochs."""
    from tuner_component import training

    model = case.build()
    examples = training.examples_of(case.arrays)
    num_examples = examples.num_examples
    rows = training.shuffled(num_examples, case.batch_size, 0)
    steps = -(-num_examples // case.batch_size)

    def train(epochs: int) -> None:
        plan = training.Plan(examples, rows, steps, None, case.batch_size, epochs)
        if why_not := training.fit(model, plan, []):
            raise RuntimeError(why_not)

    train(case.epochs[1])  # Compiles what is worth it.
    return train


def together(case: Case, count: int) -> Callable[[int], None]:
    """Returns what trains models that differ in learning rate and order of examples."""
    import keras

    from tuner_component import training

    models = []
    for number in range(count):
        keras.utils.clear_session(free_memory=False)
        models.append(case.build())
        models[-1].optimizer.learning_rate = 1e-3 * (1 + number)
    examples = training.examples_of(case.arrays)
    steps = -(-examples.num_examples // case.batch_size)
    orders = [
        training.shuffled(examples.num_examples, case.batch_size, seed)
        for seed in range(count)
    ]

    def train(epochs: int) -> None:
        members = [
            training.Member(
                model,
                training.Plan(examples, rows, steps, None, case.batch_size, epochs),
                needs="nothing",
            )
            for model, rows in zip(models, orders, strict=True)
        ]
        (group,) = training.groups_of(members)
        if why_not := training.fit_together(group):
            raise RuntimeError(why_not)

    train(case.epochs[1])  # Compiles what is worth it.
    return train


def small() -> Case:
    """Returns the network and examples of the size of penguin's."""
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.normal(size=(300, 7)).astype("float32"),
        "__label__": rng.integers(0, 3, (300, 1)),
    }
    return Case("2 x 32 MLP, batch 32", small_model, arrays, 32, (10, 400), 3000, 15000)


def small_model(rate: float = 0.01, dropout: float = 0.1, units: int = 32) -> Any:
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.layers.Input((7,), name="x")
    hidden = inputs
    for _ in range(2):
        hidden = keras.layers.Dense(units, "relu")(hidden)
    if dropout:
        hidden = keras.layers.Dropout(dropout)(hidden)
    outputs = keras.layers.Dense(3, activation="softmax")(hidden)
    return _compiled(keras.Model({"x": inputs}, outputs), rate)


def _compiled(model: Any, rate: float = 0.001) -> Any:
    import keras

    model.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def tabular() -> Case:
    """Returns a network with embeddings and examples of a table."""
    rng = np.random.default_rng(0)
    num_examples = 20_000
    arrays = {f"c{n}": rng.integers(0, 50, (num_examples, 1)) for n in range(10)}
    arrays["x"] = rng.normal(size=(num_examples, 10)).astype("float32")
    arrays["__label__"] = rng.integers(0, 2, (num_examples, 1))
    name, goals = "2 x 128 MLP + 10 embeddings", (1300, 2100)
    return Case(name, _embeddings, arrays, 128, (1, 20), *goals)


def _embeddings() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = {
        f"c{n}": layers.Input((1,), name=f"c{n}", dtype="int64") for n in range(10)
    }
    parts = [layers.Flatten()(layers.Embedding(50, 8)(one)) for one in inputs.values()]
    inputs["x"] = layers.Input((10,), name="x")
    hidden = layers.Concatenate()([*parts, inputs["x"]])
    for _ in range(2):
        hidden = layers.Dense(128, "relu")(hidden)
    outputs = layers.Dense(2, activation="softmax")(hidden)
    return _compiled(keras.Model(inputs, outputs))


def images() -> Case:
    """Returns the convolutional network and images of the size of MNIST's."""
    rng = np.random.default_rng(0)
    arrays = {
        "image": rng.random((3_200, 28, 28, 1), "float32"),
        "__label__": rng.integers(0, 10, (3_200, 1)),
    }
    return Case("MNIST CNN, batch 64", _convolutions, arrays, 64, (2, 2), None)


def _convolutions() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    hidden = inputs = layers.Input((28, 28, 1), name="image")
    for filters in (16, 32):
        hidden = layers.Conv2D(filters, 3, activation="relu")(hidden)
        hidden = layers.MaxPooling2D()(hidden)
    hidden = layers.Dense(64, "relu")(layers.Flatten()(hidden))
    outputs = layers.Dense(10, activation="softmax")(hidden)
    return _compiled(keras.Model({"image": inputs}, outputs))


class _Trials:
    """Trials of one study in this process."""

    def __init__(self, folder: str) -> None:
        from tuner_component.data import Split
        from tuner_component.model_code import ModelCode

        split, self.folder, self.before_step = Split(None, small().arrays), folder, 0.0
        self.code = ModelCode(
            build_model=lambda hp: small_model(hp["rate"], hp["dropout"], hp["units"]),
            fit_args=lambda hp: {"callbacks": [self._clock()]},
            train=split,
            validation=split,
            fit_defaults={"epochs": 1, "batch_size": 32},
        )

    def _clock(self) -> Any:
        import keras

        def first_epoch(epoch: int, logs: Any) -> None:
            self.before_step = time.process_time() - self.began

        return keras.callbacks.LambdaCallback(on_epoch_begin=first_epoch)

    def run(self, number: int, units: int = 32) -> float:
        """Trains a trial; returns the CPU seconds before its first step."""
        from tuner_component.evaluation import Job
        from tuner_component.keras_trials import evaluating

        rng = np.random.default_rng(number)
        values = {"rate": 10 ** rng.uniform(-4, -1), "dropout": rng.uniform(0.1, 0.6)}
        values["units"] = units
        folder = f"{self.folder}/{number}"
        job = Job(str(number), values, number, 0, folder, "val_loss", "min")
        self.began = time.process_time()
        evaluating.train(self.code, job, lambda _: None)
        return self.before_step


def _second_trial() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        trials = _Trials(folder)
        first = trials.run(0)
        later = [trials.run(number) for number in range(1, 10)]
    sys.stdout.write(f"before the first step of a first trial: {first:.2f} CPU s\n")
    name = "CPU ms before the first step of the second trial"
    median = "CPU ms before the first step of the later trials"
    return [
        Figure(name, 1000 * later[0], 50),
        Figure(median, 1000 * statistics.median(later), 50),
    ]


def _memory() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        trials = _Trials(folder)
        for number in range(20):
            trials.run(number, units=32 + number % 2)
        before = _resident_megabytes()
        for number in range(20, _TRIALS):
            trials.run(number, units=32 + number % 2)
        grown = _resident_megabytes() - before
    return [Figure(f"MB more after trial {_TRIALS} than after 20", grown, 50)]


def _resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return float(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmRSS")


def _equality() -> list[Figure]:
    from tests.training import kinds
    from tests.training.compared import curves, largest_difference

    found = []
    for build in (*kinds.FAST, *kinds.SLOW):
        (theirs, _), (ours, _) = curves(build)
        name = f"largest difference from fit: {build.__name__}"
        rounds = build is kinds.bfloat16  # Its numbers have 8 bits.
        goal = _TOLERANCE_OF_BFLOAT16 if rounds else _TOLERANCE
        found.append(Figure(name, largest_difference(ours, theirs), goal))
        sys.stdout.write(f"{name:60} {found[-1].value:.1e}\n")
    found += [_equality_by_xla(build) for build in kinds.BY_XLA]
    (theirs, _), (ours, _) = curves(kinds.dropout, weighted=True)
    name = "largest difference from fit: sample weights"
    return [*found, Figure(name, largest_difference(ours, theirs), _TOLERANCE)]


def _equality_by_xla(build: Any) -> Figure:
    """Compares a training of which the first two epochs are XLA's, as in a long one."""
    from tests.training.compared import curves, largest_difference
    from tuner_component.training import xla

    least, xla._LEAST_STEPS = xla._LEAST_STEPS, 0
    xla._is_faster.clear()
    try:
        (theirs, _), (ours, _) = curves(build)
    finally:
        xla._LEAST_STEPS = least
    name = f"largest difference from fit, by XLA: {build.__name__}"
    return Figure(name, largest_difference(ours, theirs), _TOLERANCE)


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        return report("speed_training", figures())
    names = [field.name for field in dataclasses.fields(Figure)]
    rows = [{name: getattr(one, name) for name in names} for one in _measure()]
    Path(arguments[0]).write_text(json.dumps(rows, default=float))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
