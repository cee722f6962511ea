"""Tables that hold every configuration of a finite space."""

from __future__ import annotations

import csv
import dataclasses
import functools
import gzip
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.benchmarks.tables.data import FOLDER
from tests.benchmarks.tables.task import Values
from tuner_component.search_space import Choice, Int, Parameter, SearchSpace
from tuner_component.trial import Value

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


@dataclasses.dataclass(frozen=True, eq=False)
class Grid:
    """A `Task` of a complete table.

    Attributes:
        losses: Validation losses, shape (configurations, seeds), in the order of the
            space's product; the first parameter changes slowest.
        tests: Test losses, shape (configurations,).
    """

    name: str
    family: str
    space: SearchSpace
    losses: np.ndarray
    tests: np.ndarray
    log: bool = False

    @functools.cached_property
    def best(self) -> float:
        return float(self.tests.min())

    @functools.cached_property
    def worst(self) -> float:
        return float(np.median(self.tests))

    def loss(self, values: Values, seed: int) -> float:
        """Returns the validation of one seed of those that the table has."""
        losses = self.losses[self.index(values)]
        measured = losses[~np.isnan(losses)]
        return float(measured[seed % len(measured)])

    def test_loss(self, values: Values) -> float:
        return float(self.tests[self.index(values)])

    def index(self, values: Values) -> int:
        """Returns the row of a configuration."""
        row = 0
        for name, numbers in self._numbers:
            row = row * len(numbers) + numbers[values[name]]
        return row

    @functools.cached_property
    def _numbers(self) -> list[tuple[str, dict[Value, int]]]:
        return [
            (p.name, {value: n for n, value in enumerate(p.values() or ())})
            for p in self.space.parameters
        ]


@functools.cache
def nasbench201(*, noisy: bool = True) -> Grid:
    """Returns the 15,625 cells of NAS-Bench-201 on CIFAR-10; losses in percent.

    A search sees the validation error after 200 epochs of one training (or, if not
    `noisy`, the mean of all); the test error is that of one training.

    Reference:
        Dong and Yang, 2020, NAS-Bench-201, arXiv:2001.00326.
    """
    rows = _cells()
    names = [f"cifar10_val_seed{n}" for n in range(3)]
    validation = _column(rows, names if noisy else ["cifar10_val_mean"])
    return Grid(
        "nasbench201" if noisy else "nasbench201_mean",
        "nasbench201",
        SearchSpace([Choice(f"edge_{n}", OPERATIONS) for n in range(6)]),
        100 - validation,
        100 - _column(rows, ["cifar10_test_200ep_1seed"])[:, 0],
    )


@functools.cache
def validations_at_12() -> np.ndarray:
    """Returns the validation accuracy of every cell after 12 epochs, in percent.

    One training each, with a learning rate that falls to 0 in these 12 epochs; in the
    order of the space of `nasbench201`.
    """
    return _column(_cells(), ["cifar10_val_12ep"])[:, 0]


def costs(name: str) -> np.ndarray:
    """Returns what the cells of NAS-Bench-201 cost, in the order of its space.

    Args:
        name: `"latency"`, in milliseconds, or `"weights"`, in thousands.
    """
    column = {"latency": "cifar10_latency_s", "weights": "cifar10_params_M"}[name]
    return 1000 * _column(_cells(), [column])[:, 0]


def _cells() -> list[dict[str, str]]:
    path = FOLDER / "nasbench201" / "nasbench201_cifar10.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["key"])


@functools.cache
def hpobench() -> tuple[Grid, ...]:
    """Returns 4 tasks of 30,000 perceptrons; losses are 1 - score.

    A search sees one of 5 seeds, the test loss is the mean of all.

    Reference:
        Eggensperger et al., 2021, HPOBench, arXiv:2109.06716.
    """
    batch_sizes = (4, 6, 10, 16, 25, 40, 64, 101, 161, 256)
    widths = (16, 25, 40, 64, 101, 161, 256, 406, 645, 1024)
    alphas = tuple(10.0**exponent for exponent in np.linspace(-8, 0, 10))
    rates = tuple(10.0**exponent for exponent in np.linspace(-5, 0, 10))
    space = SearchSpace(
        [
            Choice("alpha", alphas, default=alphas[4]),
            Choice("batch_size", batch_sizes, default=64),
            Int("depth", 1, 3),
            Choice("learning_rate_init", rates, default=rates[4]),
            Choice("width", widths, default=101),
        ]
    )
    return _seeded("hpobench_mlp", space, "score")


@functools.cache
def fcnet() -> tuple[Grid, ...]:
    """Returns 2 regression tasks of 62,208 perceptrons; losses are squared errors.

    A search sees one of 4 seeds, the test loss is the mean of all. Errors reach from
    3e-5 to 7,000, so regrets are taken of their logarithms.

    Reference:
        Klein and Hutter, 2019, Tabular benchmarks for joint architecture and
        hyperparameter optimization, arXiv:1905.04970.
    """
    activations, dropouts = ("relu", "tanh"), (0.0, 0.3, 0.6)
    units: dict[str, Any] = {"step": 2, "sampling": "log", "default": 64}
    space = SearchSpace(
        [
            Choice("activation_fn_1", activations),
            Choice("activation_fn_2", activations),
            Int("batch_size", 8, 64, step=2, sampling="log", default=32),
            Choice("dropout_1", dropouts),
            Choice("dropout_2", dropouts),
            Choice("init_lr", (5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1), default=1e-3),
            Choice("lr_schedule", ("cosine", "const"), default="const"),
            Int("n_units_1", 16, 512, **units),
            Int("n_units_2", 16, 512, **units),
        ]
    )
    return _seeded("fcnet", space, "loss")


def _seeded(family: str, space: SearchSpace, field: str) -> tuple[Grid, ...]:
    tasks = []
    for path in sorted((FOLDER / family).glob("*.npz")):
        with np.load(path) as table:
            losses = np.empty(table[field].shape)
            losses[_rows(space.parameters, table["key"])] = table[field]
        if field == "score":
            losses = 1 - losses
        name = f"{family}/{path.stem}"
        log = family == "fcnet"
        tasks.append(Grid(name, family, space, losses, losses.mean(axis=1), log))
    return tuple(tasks)


def _rows(parameters: Sequence[Parameter], keys: np.ndarray) -> np.ndarray:
    sizes = [len(parameter.values() or ()) for parameter in parameters]
    return np.ravel_multi_index(tuple(keys.T.astype(np.int64)), sizes)


def _column(rows: Sequence[dict[str, str]], names: Sequence[str]) -> np.ndarray:
    return np.array([[float(row[name] or "nan") for name in names] for row in rows])
