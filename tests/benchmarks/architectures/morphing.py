"""How soon a child that begins with its parent's function is as good as one from scratch.

    python -m tests.benchmarks.architectures.morphing [--seeds 5] [--steps 800]

A child of a trained parent and the same network with new weights are trained by the
same steps. Asked is how many each needs for 99 % of the accuracy that the latter
reaches at best, in validation and read off every five steps.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.real import tasks
from tests.nas.morphs import MORPHS, examples, model, morph, shaken
from tuner_component import model_state

_MOST = 1e-5
_EVERY, _BATCH_SIZE = 5, 32
_SHARE = 0.99


@dataclasses.dataclass(frozen=True)
class Shape:
    """A convolutional network: two blocks, each halved, and dense layers."""

    filters: tuple[int, int] = (16, 32)
    convolutions: int = 1
    units: int = 64
    layers: int = 1


PARENT = Shape()
CHILDREN = {
    "wider": Shape(filters=(32, 64), units=128),
    "deeper": Shape(convolutions=2, layers=2),
    "wider and deeper": Shape((32, 64), convolutions=2, units=128, layers=2),
}


@dataclasses.dataclass(frozen=True)
class Data:
    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray


def figures(
    num_seeds: int = 5, num_steps: int = 800, data: Sequence[str] = ("digits", "MNIST")
) -> list[Figure]:
    """Measures all of it, on what there is of the data."""
    there = [name for name in data if name == "digits" or tasks.is_there()]
    made = [speeds(name, num_seeds, num_steps) for name in there]
    return [*differences(), *(figure for each in made for figure in each)]


def differences() -> list[Figure]:
    """The largest difference of outputs before training, a block each."""
    return [
        Figure(f"difference of outputs / 1e-5, {name}", _difference(name) / _MOST, 1.0)
        for name in MORPHS
    ]


def speeds(name: str, num_seeds: int, num_steps: int) -> list[Figure]:
    """How many times fewer steps the children of trained parents need.

    The median over seeds; that of the mean numbers hangs on the one that never gets
    there, for the best of 160 noisy accuracies is a high goal.
    """
    data = _mnist() if name == "MNIST" else _digits()
    rows = [_steps(data, seed, num_steps) for seed in range(num_seeds)]
    made = []
    for change in CHILDREN:
        scratch, child, parent = np.array([row[change] for row in rows], float).T
        title = f"{name}, {change}: times fewer steps to 99 % of the best"
        of_means = scratch.mean() / child.mean()
        made += [
            _median(title, scratch / child, 3.0),
            Figure(f"{title}, of the mean numbers", float(of_means), 0.0, at_least=True),
            _median(f"{title}, those of the parent counted", scratch / (child + parent), 0.0),
        ]  # fmt: skip
    return made


def _median(title: str, ratios: np.ndarray, goal: float) -> Figure:
    value, interval = float(np.median(ratios)), _interval(ratios)
    return Figure(title, value, goal, at_least=True, interval=interval)


def _difference(name: str) -> float:
    keras.utils.set_random_seed(0)
    parent, child = (model(keras, MORPHS[name], is_child=c) for c in (False, True))
    shaken(parent, 1)
    morph(parent, child, 0)
    x = examples(MORPHS[name], 64)
    before, after = (m(x, training=False).numpy() for m in (parent, child))
    return float(np.abs(before - after).max())


def _mnist() -> Data:
    (train, y), (validation, y_validation) = tasks.TASKS["mnist"].load()
    return Data(train["image"], y, validation["image"], y_validation)


def _digits() -> Data:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order].reshape(-1, 8, 8, 1).astype("float32") / 16, y[order]
    return Data(x[:1000], y[:1000], x[1000:], y[1000:])


def _steps(data: Data, seed: int, num_steps: int) -> Mapping[str, Sequence[int]]:
    """Steps from scratch, of the child, and of its parent until it was best."""
    parent = _network(PARENT, data, seed)
    accuracies, state = _trained(parent, data, seed, num_steps)
    parent_steps = _EVERY * (1 + int(np.argmax(accuracies)))
    if not model_state.put_training(parent, state):
        raise RuntimeError("The parent's state does not fit it.")
    found = {}
    for change, shape in CHILDREN.items():
        scratch, _ = _trained(_network(shape, data, seed), data, seed, num_steps)
        goal = _SHARE * max(scratch)
        child = _network(shape, data, seed)
        morph(parent, child, seed)
        begun, _ = _trained(child, data, seed + 1000, num_steps, goal)
        found[change] = (_first(scratch, goal), _first(begun, goal), parent_steps)
    return found


def _network(shape: Shape, data: Data, seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(data.x.shape[1:])
    x = inputs
    for filters in shape.filters:
        for _ in range(shape.convolutions):
            x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    for _ in range(shape.layers):
        x = keras.layers.Dense(shape.units, "relu")(x)
    network = keras.Model(inputs, keras.layers.Dense(10, "softmax")(x))
    loss = "sparse_categorical_crossentropy"
    network.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    return network


def _trained(
    network: Any, data: Data, seed: int, num_steps: int, goal: float = np.inf
) -> tuple[list[float], Mapping[str, Any]]:
    """Trains until the goal; returns the accuracies and the state at the best one."""
    generator = np.random.default_rng(seed)
    accuracies: list[float] = []
    state: Mapping[str, Any] = {}
    while len(accuracies) * _EVERY < num_steps and max(accuracies, default=0) < goal:
        for _ in range(_EVERY):
            rows = generator.integers(len(data.x), size=_BATCH_SIZE)
            network.train_on_batch(data.x[rows], data.y[rows])
        network.reset_metrics()
        scores = network.test_on_batch(
            data.x_validation, data.y_validation, return_dict=True
        )
        if scores["accuracy"] > max(accuracies, default=0):
            state = model_state.of_training(network)
        accuracies.append(float(scores["accuracy"]))
    return accuracies, state


def _first(accuracies: Sequence[float], goal: float) -> int:
    """Returns the steps until the goal; all of them and one more if it was missed."""
    reached = [place for place, value in enumerate(accuracies) if value >= goal]
    return _EVERY * (1 + (reached[0] if reached else len(accuracies)))


def _interval(ratios: np.ndarray) -> tuple[float, float]:
    """Of the median, by the bootstrap over seeds."""
    rows = np.random.default_rng(0).integers(len(ratios), size=(2000, len(ratios)))
    low, high = np.quantile(np.median(ratios[rows], axis=1), (0.025, 0.975))
    return float(low), float(high)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--data", default="digits,MNIST")
    options = parser.parse_args()
    data = options.data.split(",")
    return report("morphing", figures(options.seeds, options.steps, data))


if __name__ == "__main__":
    raise SystemExit(main())
