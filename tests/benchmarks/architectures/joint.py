"""Architecture and hyperparameters searched together, by us and by others.

    python -m tests.benchmarks.architectures.joint TASK SEARCHER SEED SECONDS FILE

runs one search of SECONDS of CPU time, trains what it found once more and writes the
test accuracy. All search the same space and count the same seconds: those of the
process, building and tracing included.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.peers.environments import Peer, python_of
from tests.benchmarks.real import searches, tasks
from tests.benchmarks.real.tasks import Arrays, RealTask
from tests.benchmarks.tables.statistics import resampled

_SECONDS, _NUM_SEEDS = 40, 5
_EPOCHS, _BATCH_SIZE = 27, 32
_CACHE = Path("build/bench/joint")
_OURS = "bayesian"
_AUTOKERAS = "autokeras"
_PEERS = ("keras_tuner.Hyperband", _AUTOKERAS)
_TASKS = ("digits", "mnist")
_TRAIN, _VALIDATION = 0.5, 0.25


def build_model(hp: Any) -> Any:
    """Returns two cells of one architecture and a small head, for square images."""
    import keras

    from tuner_component import nas

    side = int(os.environ["SIDE"])
    image = keras.Input((side, side, 1), name="image")
    cell = nas.Cell(nas.convolutions(), num_nodes=4)
    width = hp.Choice("width", [4, 8, 16], ordered=True, default=16)
    tensor = image
    if hp.Boolean("shift", default=True):
        tensor = keras.layers.RandomTranslation(0.1, 0.1, fill_mode="constant")(tensor)
    tensor = cell(hp, tensor, width=width, strides=2 if side > 16 else 1)
    tensor = cell(hp, tensor, width=2 * width, strides=2)
    heads = {
        "flatten": keras.layers.Flatten(),
        "average": keras.layers.GlobalAveragePooling2D(),
    }
    tensor = heads[hp.Choice("head", list(heads))](tensor)
    tensor = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.6, default=0.2))(tensor)
    model = keras.Model({"image": image}, keras.layers.Dense(10, "softmax")(tensor))
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=2e-3)
    kinds = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    optimizer = kinds[hp.Choice("optimizer", list(kinds))](rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@functools.cache
def splits(name: str) -> tuple[Arrays, Arrays, Arrays]:
    """Returns training, validation and test images of `"digits"` or `"mnist"`."""
    if name == "digits":
        from sklearn import datasets

        data = datasets.load_digits()
        images, labels = data.images[..., None] / 16, data.target
    else:
        parts = tasks.TASKS["mnist"].load()
        images, labels = (
            np.concatenate([features["image"] for features, _ in parts]),
            np.concatenate([label for _, label in parts]),
        )
    order = np.random.default_rng(1).permutation(len(labels))
    ends = [int(len(order) * share) for share in (_TRAIN, _TRAIN + _VALIDATION)]
    train, validation, test = (
        ({"image": images[rows].astype("float32")}, labels[rows])
        for rows in np.split(order, ends)
    )
    return train, validation, test


class Deadline(searches.Epochs):
    """Ends the search after so many CPU seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(sys.maxsize)
        self._ends_at = time.process_time() + seconds

    def add(self, value: float) -> None:
        if time.process_time() > self._ends_at:
            raise searches.EnoughError
        super().add(value)


def searched(name: str, searcher: str, seed: int, seconds: float) -> dict[str, float]:
    """Searches, trains the best found anew and returns its accuracies and the trials.

    Args:
        name: `"digits"` or `"mnist"`.
        searcher: A strategy of ours, or `keras_tuner.` and a tuner's name.
        seed: Of the search.
        seconds: CPU seconds that the search may take.
    """
    train, validation, test = splits(name)
    os.environ["SIDE"] = str(train[0]["image"].shape[1])
    task = RealTask(
        name,
        build_model,
        lambda: (train, validation),
        "val_accuracy",
        "max",
        _EPOCHS,
        _BATCH_SIZE,
    )
    deadline = Deadline(seconds)
    search: Callable[..., None] = searches.ours
    own_name = searcher.removeprefix("keras_tuner.")
    if own_name != searcher:
        search = searches.theirs
    with contextlib.suppress(searches.EnoughError):
        search(task, own_name, seed, deadline)
    return {
        "num_epochs": len(deadline.metrics),
        "validation": max(deadline.metrics),
        **_trained(deadline.best, train, validation, test),
    }


def _trained(
    values: Mapping[str, Any], train: Arrays, validation: Arrays, test: Arrays
) -> dict[str, float]:
    """Returns the test accuracy after the epoch of the best validation."""
    import keras
    import keras_tuner

    keras.utils.set_random_seed(0)
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    model = build_model(hp)
    stop = keras.callbacks.EarlyStopping(
        "val_accuracy", patience=_EPOCHS, mode="max", restore_best_weights=True
    )
    model.fit(
        *train,
        validation_data=validation,
        epochs=2 * _EPOCHS,
        batch_size=_BATCH_SIZE,
        callbacks=[stop],
        verbose=0,
    )
    _, accuracy = model.evaluate(*test, verbose=0)
    return {"test": float(accuracy), "parameters": model.count_params()}


def figures(num_seeds: int = _NUM_SEEDS, seconds: float = _SECONDS) -> list[Figure]:
    """Returns our mean test accuracy beside that of others, in percent.

    Args:
        num_seeds: Searches of each.
        seconds: CPU seconds of each search.
    """
    found = []
    for name in _TASKS:
        ours = _tests(name, _OURS, num_seeds, seconds)
        within = resampled(ours, lambda rows: float(rows.mean()))
        for peer in _PEERS:
            try:
                theirs = _tests(name, peer, num_seeds, seconds)
            except OSError as error:
                sys.stderr.write(f"{peer} is left out: {error}\n")
                continue
            title = f"joint search, {name}: test accuracy, beside {peer}"
            mean, goal = float(ours.mean()), float(theirs.mean())
            found.append(Figure(title, mean, goal, True, within))
    return found


def _tests(name: str, searcher: str, num_seeds: int, seconds: float) -> np.ndarray:
    runs = [_run(name, searcher, seed, seconds) for seed in range(num_seeds)]
    return np.array([100 * run["test"] for run in runs])


def _run(name: str, searcher: str, seed: int, seconds: float) -> dict[str, float]:
    """Runs a search in a process of its own, unless its result is there."""
    file = _CACHE / f"{name}-{searcher}-{seed}-{seconds:g}-{_EPOCHS}.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        command = _autokeras if searcher == _AUTOKERAS else _command
        subprocess.run(command(name, searcher, seed, seconds, file), check=True)
    result: dict[str, float] = json.loads(file.read_text())
    return result


def _command(
    name: str, searcher: str, seed: int, seconds: float, file: Path
) -> list[str]:
    arguments = [name, searcher, str(seed), str(seconds), str(file)]
    return [sys.executable, "-m", "tests.benchmarks.architectures.joint", *arguments]


def _autokeras(
    name: str, searcher: str, seed: int, seconds: float, file: Path
) -> list[str]:
    """Returns the command for an environment that has AutoKeras, made if need be.

    Raises:
        OSError: If it cannot be made.
    """
    python = python_of(Peer("autokeras", "", "peers_autokeras"))
    images = _CACHE / f"{name}.npz"
    parts = zip(("train", "validation", "test"), splits(name), strict=True)
    arrays = {}
    for part, (features, labels) in parts:
        arrays |= {f"x_{part}": features["image"], f"y_{part}": labels}
    np.savez(images, **arrays)
    script = Path(__file__).with_name("autokeras_search.py")
    arguments = [images, seed, seconds, _EPOCHS, file]
    return [str(python), str(script), *map(str, arguments)]


def main(arguments: list[str]) -> None:
    name, searcher, seed, seconds, file = arguments
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    result = searched(name, searcher, int(seed), float(seconds))
    Path(file).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
