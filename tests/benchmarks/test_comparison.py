from __future__ import annotations

import dataclasses
import io
import json
import math
import sys

import numpy as np
import pytest

from tests.benchmarks.parts import figures
from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.peers import worker
from tests.benchmarks.peers.client import PeerSearcher
from tests.benchmarks.peers.encoding import decode, encode
from tests.benchmarks.tables import comparison
from tests.benchmarks.tables.grids import Grid
from tests.benchmarks.tables.runs import Run, Timed, measure
from tests.benchmarks.tables.simulation import History
from tests.benchmarks.tables.statistics import (
    interval,
    mean_ranks,
    regret_over_tasks,
    tasks_of_all,
    trials_to_reach,
)
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.strategies.random import Random

SPACE = SearchSpace(
    [
        Choice("op", ("conv", "pool")),
        Choice("width", (16, 64, 256), default=64),
        Int("units", 16, 128, step=2, sampling="log"),
        Int("depth", 1, 3),
        Boolean("bias"),
        Float("rate", 1e-4, 1.0, sampling="log"),
        Float("beta", 0.01, 0.99, sampling="reverse_log", default=0.9),
    ]
)


@pytest.fixture
def grid() -> Grid:
    space = SearchSpace([Int("a", 1, 6)])
    return Grid("t/grid", "t", space, np.arange(6.0)[:, None], np.arange(6.0))


def make_run(*regrets: float) -> Run:
    return Run(
        list(regrets),
        [5 + r for r in regrets],
        [r - 0.5 for r in regrets],
        [0.1] * len(regrets),
    )


def test_what_peers_get_has_three_kinds_and_the_scale_we_sample_on():
    encoded = {parameter["name"]: parameter for parameter in encode(SPACE)}
    kinds = {name: parameter["kind"] for name, parameter in encoded.items()}
    assert kinds == {
        "op": "choice",
        "width": "int",
        "units": "int",
        "depth": "int",
        "bias": "choice",
        "rate": "float",
        "beta": "float",
    }
    assert (encoded["width"]["high"], encoded["units"]["high"]) == (2, 3)
    assert encoded["beta"]["log"]
    assert encoded["beta"]["default"] == pytest.approx(0.1)


def test_defaults_come_back_from_peers():
    defaults = {parameter["name"]: parameter["default"] for parameter in encode(SPACE)}
    assert decode(SPACE, defaults) == pytest.approx(SPACE.defaults())


def test_what_peers_propose_is_in_our_space():
    ends = [
        {p["name"]: p["values"][n] if "values" in p else p[end] for p in encode(SPACE)}
        for n, end in enumerate(("low", "high"))
    ]
    for values in ends:
        SPACE.check_values(decode(SPACE, values))
    assert decode(SPACE, ends[1])["units"] == 128
    assert decode(SPACE, ends[0])["beta"] == pytest.approx(0.99)


def test_peers_get_no_conditions():
    child = Int("b", 1, 2, conditions=(Condition("a", (1,)),))
    with pytest.raises(ValueError, match="'b' is conditional"):
        encode(SearchSpace([Int("a", 1, 2), child]))


class Counting:
    """An adapter that proposes its number and fails when told nothing."""

    def __init__(self, space, seed, num_trials):
        self._end = num_trials

    def ask(self, number):
        return None if number == self._end else {"a": number + 1}

    def tell(self, number, loss):
        if loss is None:
            raise RuntimeError("cannot learn from failures")


@pytest.fixture
def peer(monkeypatch):
    monkeypatch.setattr(
        worker.importlib, "import_module", lambda _: sys.modules[__name__]
    )
    return worker.Peer("any:Counting")


def test_a_worker_answers_every_line_also_with_an_error(peer, monkeypatch):
    requests = [
        {"start": [[], 0, 1]},
        {"ask": 0},
        {"tell": [0, None]},
        {"tell": [0, 0.5]},
        {"ask": 1},
    ]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    answers = io.StringIO()
    worker.serve(peer, answers)
    start, asked, failed, told, ended = map(json.loads, answers.getvalue().splitlines())
    assert asked.pop("cpu") >= 0
    assert (asked, ended["values"]) == ({"values": {"a": 1}}, None)
    assert "cannot learn from failures" in failed["error"]
    assert set(start) == set(told) == {"cpu"}


def test_a_peer_is_a_searcher_that_ends(peer, grid):
    class Direct:
        def request(self, **request):
            return {"cpu": 1.0, **peer.answer(json.loads(json.dumps(request)))}

    run = measure(grid, PeerSearcher(Direct(), grid.space, 0, 4), 9, 0)
    assert run.regrets == [0.0] * 4
    assert run.cpu == [1.0, 2.0, 2.0, 2.0]


def test_a_measured_search_has_costs_and_regrets(grid):
    run = measure(grid, Timed(History(Random(grid.space, 3), 3)), 4, 3, 2)
    assert len(run.regrets) == len(run.cpu) == 4
    assert run.regrets == sorted(run.regrets, reverse=True)


def test_interval_is_students():
    """t(0.975, 3 degrees) = 3.182; the standard error of 1..4 is 0.6455."""
    assert interval([1, 2, 3, 4]) == pytest.approx((2.5, 2.054), abs=1e-3)
    mean, half = interval([7])
    assert mean == 7
    assert math.isnan(half)


RUNS = {
    "random": {
        "x": {0: make_run(0.8, 0.6, 0.4), 1: make_run(0.8, 0.8, 0.6)},
        "y": {0: make_run(0.5, 0.5, 0.5), 1: make_run(0.5, 0.5, 0.5)},
    },
    "best": {
        "x": {0: make_run(0.6, 0.5), 1: make_run(0.6, 0.1)},
        "y": {0: make_run(0.9, 0.5, 0.1)},
        "z": {0: make_run(0.0)},
    },
}


def test_only_tasks_that_all_have_are_compared():
    assert tasks_of_all(RUNS) == ["x", "y"]


def test_ranks_share_a_tie():
    assert mean_ranks(RUNS, ["x", "y"], 1) == {"random": 1.5, "best": 1.5}
    assert mean_ranks(RUNS, ["y"], 2) == {"random": 1.5, "best": 1.5}
    assert mean_ranks(RUNS, ["x", "y"], 3) == {"random": 2, "best": 1}


def test_ranks_by_the_loss_that_was_seen():
    runs = {
        name: {"x": {0: dataclasses.replace(make_run(regret), seen=[seen])}}
        for name, regret, seen in (("lucky", 0.1, 0.4), ("better", 0.2, 0.3))
    }
    assert mean_ranks(runs, ["x"], 1) == {"lucky": 1, "better": 2}
    assert mean_ranks(runs, ["x"], 1, seen=True) == {"lucky": 2, "better": 1}


def test_the_sample_is_the_seeds_that_every_task_has():
    mean, half = regret_over_tasks(RUNS["random"], ["x", "y"], 3)
    assert mean == pytest.approx(0.5)
    assert half == pytest.approx(0.05 * 12.706, rel=1e-3)
    assert regret_over_tasks(RUNS["best"], ["x", "y"], 3)[0] == pytest.approx(0.3)


def test_trials_to_reach():
    curve = np.array([0.9, 0.5, 0.5, 0.2])
    assert [trials_to_reach(curve, goal) for goal in (0.5, 0.3, 0.1)] == [2, 4, None]
    assert comparison.median_trials_to_reach(RUNS, "best", 3) == 2
    assert comparison.median_trials_to_reach(RUNS, "random", 3) == 2


def test_the_table_is_in_the_order_of_the_last_rank():
    lines = comparison.table(RUNS, 3)
    assert [line.split()[0] for line in lines[1:]] == ["best", "random"]
    assert "0.3000±" in lines[1]


def test_figures_compare_the_mean_rank_with_the_best_other():
    behind, by_seen, seen, reached = comparison.figures(RUNS, "random", 3, "sequential")
    assert (behind.value, behind.holds) == (1, False)
    assert by_seen.value == 1
    assert (seen.value, reached.value) == (2, 2)
    assert comparison.figures(RUNS, "best", 3, "sequential")[0].value == -1


def test_cell_figures_are_accuracies_to_exceed():
    runs = {"best": {"nasbench201": {0: make_run(0.9, 0.7), 1: make_run(0.9, 0.5)}}}
    (figure,) = comparison.cell_figures(runs, "best", [(2, 94.1), (3, 94.2)])
    assert figure.value == pytest.approx(94.4)
    assert figure.holds
    assert not Figure("less", 94.0, 94.1, at_least=True).holds


def test_the_form_of_the_report(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(figures, "_FOLDER", tmp_path)
    status = figures.report("b", [Figure("a", 1, 2), Figure("c", 1, 2, at_least=True)])
    assert status == 1
    assert json.loads((tmp_path / "b.json").read_text()) == {
        "figures": [
            {"name": "a", "value": 1, "goal": 2, "holds": True},
            {"name": "c", "value": 1, "goal": 2, "holds": False},
        ]
    }
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == [
        "ok",
        "MISSED",
    ]


def test_the_trials_to_reach_what_random_saw_or_was_worth():
    def told(regrets, seen):
        return Run(regrets, regrets, seen, [0.1] * len(regrets))

    runs = {
        "random": {"t": {0: told([0.4, 0.4, 0.1], [0.5, 0.5, 0.2])}},
        "ours": {"t": {0: told([0.4, 0.3, 0.2], [0.4, 0.1, 0.0])}},
    }
    reach = comparison.median_trials_to_reach
    assert reach(runs, "ours", 3) == math.inf
    assert reach(runs, "ours", 3, seen=True) == 2
