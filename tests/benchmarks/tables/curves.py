"""Tables of learning curves of some configurations of a space.

A configuration that is not tabulated gets the curve of the nearest one that is:
least Euclidean distance after every number is mapped to 0..1 on its own scale.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
from scipy.spatial import KDTree

from tests.benchmarks.tables.data import FOLDER
from tests.benchmarks.tables.task import Values
from tuner_component.search_space import Choice, Float, Int, SearchSpace

_MIN_LEARNERS = 16
_MIN_ANCHORS = 30


@dataclasses.dataclass(frozen=True, eq=False)
class Curves:
    """A `CurveTask` of tabulated curves.

    Attributes:
        positions: Where the configurations lie in the unit cube, shape
            (configurations, parameters).
        losses: Validation losses, shape (configurations, resources).
        tests: Test losses at the end, shape (configurations,).
        resources: Shape (resources,).
    """

    name: str
    family: str
    space: SearchSpace
    positions: np.ndarray
    losses: np.ndarray
    tests: np.ndarray
    resources: np.ndarray
    log: bool = False

    @functools.cached_property
    def best(self) -> float:
        return float(np.nanmin(self.tests))

    @functools.cached_property
    def worst(self) -> float:
        return float(np.nanmedian(self.tests))

    def curve(self, values: Values, seed: int) -> np.ndarray:
        """Returns the curve of the nearest configuration; there is one seed."""
        return self.losses[self.index(values)]

    def loss(self, values: Values, seed: int) -> float:
        return float(self.curve(values, seed)[-1])

    def test_loss(self, values: Values) -> float:
        return float(self.tests[self.index(values)])

    def index(self, values: Values) -> int:
        """Returns the row of the nearest tabulated configuration."""
        return int(self._tree.query(position(self.space, values))[1])

    @functools.cached_property
    def _tree(self) -> KDTree:
        return KDTree(self.positions)


@functools.cache
def taskset() -> tuple[Curves, ...]:
    """Returns 6 text classifiers under 1,000 settings of Adam; losses are entropies.

    The loss is NaN from where a training diverged.

    Reference:
        Metz et al., 2020, Using a thousand optimization tasks to learn
        hyperparameter search strategies, arXiv:2002.11887; section on Adam8p.
    """
    space = SearchSpace(
        [
            Float("learning_rate", 1e-8, 10, sampling="log", default=1e-3),
            Float("beta1", 1e-4, 1 - 1e-4, sampling="reverse_log", default=0.9),
            Float("beta2", 1e-6, 1 - 1e-6, sampling="reverse_log", default=0.999),
            Float("epsilon", 1e-10, 1e3, sampling="log", default=1e-8),
            Float("l1", 1e-8, 10, sampling="log"),
            Float("l2", 1e-8, 10, sampling="log"),
            Float("linear_decay", 1e-7, 1e-4, sampling="log"),
            Float("exponential_decay", 1e-6, 1e-3, sampling="log"),
        ]
    )
    tasks = []
    for path in sorted((FOLDER / "taskset").glob("*.npz")):
        with np.load(path) as table:
            positions = _positions(space, table["hp_names"], table["hp"])
            valid, test = _diverged(table["valid"]), _diverged(table["test"])[:, -1]
        name = f"taskset/{path.stem.removeprefix('FixedTextRNNClassification_')}"
        resources = np.arange(valid.shape[1])
        tasks.append(Curves(name, "taskset", space, positions, valid, test, resources))
    return tuple(tasks)


@functools.cache
def lcbench() -> tuple[Curves, ...]:
    """Returns 17 tasks of 256 perceptrons over 52 epochs; losses in percent.

    The curves are those of a smooth surrogate, and the table has no test losses:
    what is reported is what the search sees.

    Reference:
        Zimmer et al., 2021, Auto-PyTorch Tabular, arXiv:2006.13799; surrogate:
        Pfisterer et al., 2022, YAHPO Gym, arXiv:2109.03670.
    """
    space = SearchSpace(
        [
            Int("batch_size", 16, 512, sampling="log", default=32),
            Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-3),
            Float("momentum", 0.1, 0.99, default=0.9),
            Float("weight_decay", 1e-5, 1e-1),
            Int("num_layers", 1, 5),
            Int("max_units", 64, 1024, sampling="log", default=128),
            Float("max_dropout", 0.0, 1.0, default=0.5),
        ]
    )
    with np.load(FOLDER / "lcbench_surrogate_curves/lcbench_256x52.npz") as table:
        positions = _positions(space, table["config_names"], table["config"])
        errors = 100 - table["val_accuracy"].astype(float)
        names = table["tasks"].tolist()
    epochs = np.arange(1, errors.shape[2] + 1)
    return tuple(
        Curves(f"lcbench/{name}", "lcbench", space, positions, e, e[:, -1], epochs)
        for name, e in zip(names, errors, strict=True)
    )


@functools.cache
def lcdb() -> tuple[Curves, ...]:
    """Returns the choice of a learner, as tasks over training-set sizes.

    One task a data set of OpenML-CC18: the learners that have a value at each of the
    sizes up to the greatest that most of them reached. The losses are error rates.

    Reference:
        Yan et al., 2025, LCDB 1.1, arXiv:2505.15657.
    """
    with np.load(FOLDER / "lcdb11/lcdb11_er.npz") as table:
        means = table["er"][:, :, 0].astype(float)
        datasets, cc18 = table["dataset_ids"], table["cc18"]
        learners, sizes = table["learners"], table["anchors"]
    tasks = (
        _learners(f"lcdb/{dataset}", errors, learners, sizes)
        for dataset, errors in zip(datasets[cc18], means[cc18], strict=True)
    )
    return tuple(task for task in tasks if task is not None)


def _learners(
    name: str, errors: np.ndarray, learners: np.ndarray, sizes: np.ndarray
) -> Curves | None:
    """Returns the task, or None if too few learners have too few sizes.

    Args:
        errors: Shape (learners, sizes, 3): training, validation, test.
    """
    measured = np.isfinite(errors[:, :, 1:]).all(axis=2)
    widely = measured.sum(axis=0) >= _MIN_LEARNERS
    whole = measured[:, widely].all(axis=1)
    if widely.sum() < _MIN_ANCHORS or whole.sum() < _MIN_LEARNERS:
        return None
    space = SearchSpace([Choice("learner", tuple(map(str, learners[whole])))])
    kept = errors[whole][:, widely]
    positions = np.arange(len(kept))[:, None]
    tests = kept[:, -1, 2]
    return Curves(name, "lcdb", space, positions, kept[:, :, 1], tests, sizes[widely])


def position(space: SearchSpace, values: Values) -> list[float]:
    """Returns where a configuration lies: numbers from 0 to 1, choices by index."""
    found = []
    for parameter in space.parameters:
        value = values[parameter.name]
        if isinstance(parameter, Float | Int):
            found.append(_unit(parameter, float(value)))
        else:
            found.append(float(list(parameter.values() or ()).index(value)))
    return found


def _unit(parameter: Float | Int, value: float) -> float:
    low, high = parameter.low, parameter.high
    if parameter.sampling == "linear":
        return (value - low) / (high - low)
    if parameter.sampling == "reverse_log":
        return 1 - math.log((low + high - value) / low) / math.log(high / low)
    return math.log(value / low) / math.log(high / low)


def _positions(
    space: SearchSpace, names: np.ndarray, configurations: np.ndarray
) -> np.ndarray:
    rows = (
        dict(zip(names.tolist(), row.tolist(), strict=True)) for row in configurations
    )
    return np.array([position(space, row) for row in rows])


def _diverged(curves: np.ndarray) -> np.ndarray:
    """Returns the curves with NaN from the first value on that is not finite."""
    gone = np.maximum.accumulate(~np.isfinite(curves), axis=1)
    return np.where(gone, np.nan, curves.astype(float))
