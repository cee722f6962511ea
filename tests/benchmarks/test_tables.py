from __future__ import annotations

import csv
import dataclasses
import gzip
import math

import numpy as np
import pytest

from tests.benchmarks.tables import (
    fcnet,
    hpobench,
    is_there,
    lcbench,
    lcdb,
    nasbench201,
    regrets,
    simulate,
    taskset,
)
from tests.benchmarks.tables.curves import Curves, position
from tests.benchmarks.tables.data import FOLDER
from tests.benchmarks.tables.exhaustive import regret_of_all
from tests.benchmarks.tables.families import FAMILIES, tasks_named
from tests.benchmarks.tables.grids import OPERATIONS, Grid
from tests.benchmarks.tables.simulation import run
from tests.benchmarks.tables.task import best_so_far, regret
from tuner_component.search_space import Choice, Float, Int, SearchSpace
from tuner_component.strategies.base import Suggest, Wait
from tuner_component.strategies.random import Random
from tuner_component.trial import TrialState

needs_data = pytest.mark.skipif(
    not is_there(), reason="the tables of ../shared/data are not on this machine"
)


@pytest.fixture
def grid() -> Grid:
    """Validation 0..5 (+ .5 for the second seed, once missing), test 10..15."""
    space = SearchSpace([Choice("a", ("x", "y")), Int("b", 1, 3)])
    losses = np.arange(6.0)[:, None] + [0.0, 0.5]
    losses[5, 1] = math.nan
    return Grid("tiny/one", "tiny", space, losses, np.arange(10.0, 16.0))


@pytest.fixture
def curves() -> Curves:
    space = SearchSpace([Float("rate", 1e-4, 1.0, sampling="log"), Int("depth", 0, 4)])
    positions = np.array([position(space, {"rate": r, "depth": 2}) for r in (1e-3, 1)])
    losses = np.array([[3.0, 2.0, 1.0], [3.0, math.nan, math.nan]])
    tests = np.array([1.5, math.nan])
    return Curves("tiny/c", "tiny", space, positions, losses, tests, np.arange(3))


def test_a_grid_answers_by_seed_of_those_measured(grid):
    assert [grid.loss({"a": "x", "b": 2}, seed) for seed in (0, 1, 2)] == [1, 1.5, 1]
    assert [grid.loss({"a": "y", "b": 3}, seed) for seed in (0, 1, 2)] == [5, 5, 5]
    assert grid.test_loss({"a": "y", "b": 1}) == 13


def test_regret_is_0_at_the_best_and_1_from_the_median_on(grid):
    assert (grid.best, grid.worst) == (10, 12.5)
    losses = (10, 11.25, 12.5, 99, math.nan)
    assert [regret(grid, loss) for loss in losses] == [0, 0.5, 1, 1, 1]


def test_regret_of_logarithms(grid):
    log = Grid("t/l", "t", grid.space, grid.losses, 10 ** np.arange(6.0), log=True)
    assert regret(log, 10.0) == pytest.approx(1 / math.log10(log.worst))


def test_whoever_tries_everything_may_still_return_a_lucky_one(grid, curves):
    assert regret_of_all(grid) == 0
    ended = dataclasses.replace(curves, tests=np.array([1.5, 2.0]))
    assert regret_of_all(ended) == 0
    lucky = np.column_stack([np.arange(6.0), np.full(6, 9.0)])
    lucky[4, 1] = -1
    noisy = Grid("t/n", "t", grid.space, lucky, grid.tests)
    assert 0 < regret_of_all(noisy) < 1


def test_the_nearest_curve_answers(curves):
    assert curves.loss({"rate": 1e-4, "depth": 2}, 0) == 1
    assert math.isnan(curves.loss({"rate": 0.9, "depth": 2}, 0))
    assert curves.curve({"rate": 2e-2, "depth": 0}, 0).tolist() == [3, 2, 1]


def test_distance_is_measured_on_the_scale_of_each_number():
    space = SearchSpace(
        [
            Float("log", 1e-4, 1.0, sampling="log"),
            Float("beta", 1e-4, 1 - 1e-4, sampling="reverse_log"),
            Int("int", 1, 5),
        ]
    )
    at = position(space, {"log": 1e-2, "beta": 0.99, "int": 4})
    assert at == pytest.approx([0.5, 0.5, 0.75], abs=1e-3)


def test_best_so_far_skips_failures():
    losses = [math.nan, 2.0, 3.0, math.nan, 1.0]
    assert best_so_far(losses) == [None, 1, 1, 1, 4]


def test_simulated_trials_are_those_of_the_study(grid):
    trials = simulate(Random(grid.space, 0), grid, 100, 0)
    assert len(trials) == 6
    assert [trial.number for trial in trials] == list(range(6))
    assert {trial.state for trial in trials} == {TrialState.COMPLETED}
    for trial in trials:
        assert trial.loss == grid.loss(trial.values, trial.seed)
    found = regrets(grid, trials)
    assert found.shape == (6,)
    assert found[-1] == 0


def test_a_diverged_trial_failed(curves):
    trials = simulate(Random(curves.space, 0), curves, 30, 0)
    for trial in trials:
        diverged = math.isnan(curves.loss(trial.values, 0))
        assert (trial.state is TrialState.FAILED) == diverged == (trial.loss is None)
    assert {trial.state for trial in trials} == {
        TrialState.COMPLETED,
        TrialState.FAILED,
    }


class Spy:
    """Proposes one value after the other; waits while more than `most` run."""

    def __init__(self, most):
        self._most = most
        self.pending = []

    def propose(self, history, count):
        self.pending.append([t.number for t in history if not t.state.is_final])
        if len(self.pending[-1]) >= self._most:
            return [Wait()]
        return [Suggest({"rate": 1e-3, "depth": 2})]


@pytest.mark.parametrize(("most", "expected"), [(99, 7), (3, 3)])
def test_in_parallel_the_strategy_sees_what_runs(curves, most, expected):
    spy = Spy(most)
    trials = simulate(spy, curves, 40, 0, parallel=8)
    assert len(trials) == 40
    assert max(map(len, spy.pending)) == expected
    steady = [numbers for numbers in spy.pending[20:-10] if numbers]
    assert any(n != list(range(n[0], n[0] + len(n))) for n in steady)


def test_sequentially_nothing_is_pending(curves):
    spy = Spy(1)
    simulate(spy, curves, 5, 0)
    assert spy.pending == [[]] * 5


def test_every_answer_comes_once(grid):
    class Peer:
        def __init__(self):
            self.asked, self.told = 0, []

        def ask(self):
            self.asked += 1
            return {"a": "x", "b": 1}

        def tell(self, number, loss):
            assert number < self.asked
            self.told.append((number, loss))

    peer = Peer()
    trials = run(peer, grid, 12, 3, parallel=4)
    assert sorted(peer.told) == [(n, loss) for n, (_, loss) in enumerate(trials)]
    assert [n for n, _ in peer.told] != list(range(12))
    assert {loss for _, loss in trials} == {0, 0.5}


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match=r"expected a family of \['nasbench201'"):
        tasks_named(["nasbench"])


@needs_data
def test_nasbench201_has_the_rows_of_its_file():
    task = nasbench201()
    path = FOLDER / "nasbench201" / "nasbench201_cifar10.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[::500]:
        edges = enumerate(row["key"])
        values = {f"edge_{edge}": OPERATIONS[int(digit)] for edge, digit in edges}
        seen = [100 - task.loss(values, seed) for seed in range(2)]
        assert seen == pytest.approx(
            [float(row[f"cifar10_val_seed{n}"]) for n in (0, 1)]
        )
        tested = float(row["cifar10_test_200ep_1seed"])
        assert 100 - task.test_loss(values) == pytest.approx(tested)
    assert 100 - task.best == pytest.approx(94.47)


@needs_data
@pytest.mark.parametrize(("tasks", "field"), [(hpobench, "score"), (fcnet, "loss")])
def test_grids_have_the_rows_of_their_files(tasks, field):
    for task in tasks():
        with np.load(FOLDER / f"{task.name}.npz") as table:
            keys, expected = table["key"][::5000], table[field][::5000]
        for key, losses in zip(keys, expected, strict=True):
            domains = zip(task.space.parameters, key, strict=True)
            values = {p.name: p.values()[index] for p, index in domains}
            if field == "score":
                losses = 1 - losses
            seen = [task.loss(values, seed) for seed in range(len(losses))]
            assert seen == pytest.approx(losses.tolist())
            assert task.test_loss(values) == pytest.approx(losses.mean())


@needs_data
@pytest.mark.parametrize("tasks", [taskset, lcbench, lcdb])
def test_tabulated_configurations_answer_with_their_own_curve(tasks):
    for task in tasks()[:2]:
        assert task.losses.shape == (len(task.positions), len(task.resources))
        assert (np.diff(task.resources) > 0).all()
        rows = task._tree.query(task.positions)[1]
        assert rows.tolist() == list(range(len(rows)))


@needs_data
def test_taskset_values_of_its_file():
    task = taskset()[0]
    path = next((FOLDER / "taskset").glob(f"*{task.name.removeprefix('taskset/')}.npz"))
    with np.load(path) as table:
        names, settings = table["hp_names"].tolist(), table["hp"][:50]
        valid = table["valid"][:50]
    for row, curve in zip(settings.tolist(), valid, strict=True):
        found = task.curve(dict(zip(names, row, strict=True)), 0)
        alive = np.isfinite(found)
        assert found[alive] == pytest.approx(curve[alive])
        assert alive.all() == np.isfinite(curve).all()


@needs_data
@pytest.mark.parametrize("family", FAMILIES)
def test_defaults_are_answered_and_bounds_are_apart(family):
    for task in tasks_named([family]):
        assert task.name.split("/")[0] == family
        assert task.best < task.worst
        values = task.space.defaults()
        task.space.check_values(values)
        assert 0 <= regret(task, task.test_loss(values)) <= 1
