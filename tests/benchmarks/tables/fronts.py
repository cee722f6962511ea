"""Search problems with several objectives, and how much of the front was found."""

from __future__ import annotations

import csv
import dataclasses
import functools
import gzip
import math
from collections.abc import Callable, Sequence

import numpy as np

from tests.benchmarks.tables.data import FOLDER
from tests.benchmarks.tables.grids import Grid, costs, fcnet, hpobench, nasbench201
from tests.benchmarks.tables.simulation import History
from tests.benchmarks.tables.task import Values
from tuner_component.pareto.dominance import non_dominated
from tuner_component.pareto.hypervolume import hypervolume
from tuner_component.search_space import Choice, Float, Int, SearchSpace

_NUM_FEATURES = {"naval_propulsion": 14, "protein_structure": 9, "vehicle": 18}
_CURVES = ("convex", "concave", "broken")


class Problem:
    """What a configuration leads to in several objectives.

    Args:
        name: Unique.
        space: What can be tried.
        losses: What a search sees of a configuration, by a seed.
        truth: What a configuration is worth, without noise.
        front: Truths of all configurations, or of the best, shape
            `(n, num_objectives)`.
        nadir: From where on an objective counts no more, shape `(num_objectives,)`;
            None: the median of `front`.
    """

    def __init__(
        self,
        name: str,
        space: SearchSpace,
        losses: Callable[[Values, int], Sequence[float]],
        truth: Callable[[Values], Sequence[float]],
        front: np.ndarray,
        nadir: Sequence[float] | None = None,
    ) -> None:
        self.name, self.space = name, space
        self._losses, self._truth = losses, truth
        self._best = front.min(axis=0)
        worst = np.median(front, axis=0) if nadir is None else np.array(nadir)
        self._range = worst - self._best
        self.num_objectives = front.shape[1]
        self._most = self._volume(front)

    @property
    def family(self) -> str:
        """The table it comes from."""
        return self.name.split("/")[0]

    def loss(self, values: Values, seed: int) -> tuple[float, ...]:
        """Returns what a search sees of a configuration: all its losses."""
        return tuple(map(float, self._losses(values, seed)))

    def gaps(self, tried: Sequence[Values], budgets: Sequence[int]) -> list[float]:
        """Returns the share of the front's hypervolume that is missed at budgets."""
        found = np.array([self._truth(values) for values in tried])
        return [1 - self._volume(found[:budget]) / self._most for budget in budgets]

    def _volume(self, points: np.ndarray) -> float:
        shares = (points - self._best) / self._range
        inside = shares[(shares < 1).all(axis=1)]
        leads = inside[non_dominated(inside)]
        return hypervolume(leads, np.ones(self.num_objectives))


class HistoryOfSeveral(History):
    """A `Searcher` that asks a strategy for several objectives."""

    def tell(self, number: int, losses: tuple[float, ...]) -> None:
        super().tell(number, losses[0])
        self.trials[number] = dataclasses.replace(self.trials[number], losses=losses)


def names() -> list[str]:
    """Returns the names of all problems."""
    return list(_problems())


@functools.cache
def problem(name: str) -> Problem:
    """Returns a problem by name."""
    return _problems()[name]()


def _problems() -> dict[str, Callable[[], Problem]]:
    cells = {
        "latency": ("latency",),
        "weights": ("weights",),
        "latency+weights": ("latency", "weights"),
    }
    tables = {
        **{f"nasbench201/{n}": functools.partial(_cells, c) for n, c in cells.items()},
        "macro/flops": lambda: _macro(("flops",)),
        "macro/flops+params": lambda: _macro(("flops", "params")),
        "fcnet/naval_propulsion": lambda: _perceptrons(fcnet()[0]),
        "fcnet/protein_structure": lambda: _perceptrons(fcnet()[1]),
        "hpobench_mlp/vehicle": lambda: _perceptrons(hpobench()[-1]),
    }
    curves = {f"zdt/{name}": functools.partial(_curve, name) for name in _CURVES}
    return {**tables, **curves, "zdt/scales": _scales, "dtlz/sphere": _sphere}


def _cells(second: Sequence[str]) -> Problem:
    grid = nasbench201()
    truth = [np.nanmean(grid.losses, axis=1), *map(costs, second)]
    return _of_grid(f"nasbench201/{'+'.join(second)}", grid, np.column_stack(truth))


def _perceptrons(grid: Grid) -> Problem:
    first = np.nanmean(grid.losses, axis=1)
    first = np.log(first) if grid.log else first
    return _of_grid(grid.name, grid, np.column_stack([first, _num_weights(grid)]))


def _of_grid(name: str, grid: Grid, truth: np.ndarray) -> Problem:
    def losses(values: Values, seed: int) -> Sequence[float]:
        return (grid.loss(values, seed), *truth[grid.index(values), 1:])

    def exact(values: Values) -> Sequence[float]:
        return truth[grid.index(values)]

    return Problem(name, grid.space, losses, exact, truth)


def _num_weights(grid: Grid) -> np.ndarray:
    """Returns how many weights each of the perceptrons has, in thousands."""
    inputs = _NUM_FEATURES[grid.name.split("/")[-1]]

    def count(values: Values) -> int:
        if "width" in values:
            widths = [int(values["width"])] * int(values["depth"])
        else:
            widths = [int(values["n_units_1"]), int(values["n_units_2"])]
        layers = zip([inputs, *widths], [*widths, 1], strict=True)
        return sum((before + 1) * after for before, after in layers)

    return np.array([count(values) / 1000 for values in grid.space.enumerate()])


def _macro(second: Sequence[str]) -> Problem:
    """Returns NAS-Bench-Macro's 6,561 nets of 8 layers; errors in percent.

    Reference:
        Su et al., 2021, Prioritized Architecture Sampling with Monto-Carlo Tree Search,
        arXiv:2103.11922.
    """
    path = FOLDER / "nasbench_macro" / "nasbench_macro_cifar10.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = {row["arch"]: row for row in csv.DictReader(file)}
    layers = [f"layer_{n}" for n in range(8)]

    def measured(values: Values, accuracy: str) -> Sequence[float]:
        row = rows["".join(str(values[layer]) for layer in layers)]
        return 100 - float(row[accuracy]), *(float(row[name]) for name in second)

    space = SearchSpace([Choice(layer, ("0", "1", "2")) for layer in layers])
    return Problem(
        f"macro/{'+'.join(second)}",
        space,
        lambda values, seed: measured(values, f"acc{seed % 3}"),
        lambda values: measured(values, "mean_acc"),
        np.array([measured(values, "mean_acc") for values in space.enumerate()]),
    )


_MIXED = (
    Float("place", 0.0, 1.0, default=0.5),
    Float("rate", 1e-4, 1.0, sampling="log", default=0.1),
    Int("units", 0, 20, default=10),
    Choice("kind", ("a", "b", "c", "d")),
    Float("share", 0.0, 1.0, default=0.5),
    Float("momentum", 0.0, 1.0, default=0.5),
)
_KINDS = {"a": 0.6, "b": 0.2, "c": 0.0, "d": 0.4}


def _away(values: Values) -> float:
    """Returns how far all but `place` are from where the front lies, 0 to about 3."""
    rate = 1 + math.log10(float(values["rate"])) / 4
    return (
        abs(rate - 0.3)
        + abs(int(values["units"]) / 20 - 0.7)
        + _KINDS[str(values["kind"])]
        + abs(float(values["share"]) - 0.2)
        + abs(float(values["momentum"]) - 0.6)
    )


def _height(name: str, place: float, away: float) -> float:
    """Returns the second loss.

    Reference:
        Zitzler et al., 2000, Comparison of Multiobjective Evolutionary Algorithms,
        Evolutionary Computation 8(2), functions 1 to 3.
    """
    rise = 1 + 2.25 * away
    share = place / rise
    if name == "concave":
        return rise * (1 - share**2)
    wave = share * math.sin(10 * math.pi * place) if name == "broken" else 0.0
    return rise * (1 - math.sqrt(share) - wave)


def _curve(name: str) -> Problem:
    def truth(values: Values) -> Sequence[float]:
        place = float(values["place"])
        return place, _height(name, place, _away(values))

    places = np.linspace(0, 1, 2001)
    front = np.column_stack([places, [_height(name, x, 0.0) for x in places]])
    space = SearchSpace(_MIXED)
    return Problem(
        f"zdt/{name}", space, lambda v, _: truth(v), truth, front, (0.8, 1.2)
    )


def _scales() -> Problem:
    """Returns the convex one, seen on scales of which most of the range is bad."""
    plain = _curve("convex")

    def seen(values: Values, seed: int) -> Sequence[float]:
        first, second = plain.loss(values, seed)
        return math.exp(8 * second), 1e6 * 1000**first

    places = np.linspace(0, 1, 2001)
    front = np.column_stack([places, 1 - np.sqrt(places)])
    return Problem(
        "zdt/scales",
        plain.space,
        seen,
        lambda values: plain.loss(values, 0),
        front,
        (0.8, 1.2),
    )


def _sphere() -> Problem:
    """Returns three objectives, whose front is an eighth of a sphere.

    Reference:
        Deb et al., 2005, Scalable Test Problems for Evolutionary Multiobjective
        Optimization, function 2.
    """

    def truth(values: Values) -> Sequence[float]:
        angles = [float(values[name]) * math.pi / 2 for name in ("place", "turn")]
        return (1 + _away(values)) * _direction(*angles)

    angles = np.linspace(0, math.pi / 2, 30)
    front = np.array([_direction(one, other) for one in angles for other in angles])
    space = SearchSpace([*_MIXED, Float("turn", 0.0, 1.0, default=0.5)])
    return Problem(
        "dtlz/sphere", space, lambda v, _: truth(v), truth, front, (1.3, 1.3, 1.3)
    )


def _direction(one: float, other: float) -> np.ndarray:
    across = math.cos(one)
    return np.array([across * math.cos(other), across * math.sin(other), math.sin(one)])
