from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.benchmarks import multi_objective
from tests.benchmarks.peers import client
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.fronts import Problem, names, problem
from tests.benchmarks.tables.pooled import Work
from tuner_component.search_space import Float, SearchSpace

needs_data = pytest.mark.skipif(not is_there(), reason="The tables are not there.")
ANALYTIC = [name for name in names() if name.startswith(("zdt", "dtlz"))]


@pytest.fixture
def line() -> Problem:
    """All on the front from (0, 1) to (1, 0), of which a half is in the box."""

    def truth(values):
        return values["x"], 1 - values["x"]

    front = np.array([truth({"x": x}) for x in (0.0, 0.25, 0.5, 0.75, 1.0)])
    space = SearchSpace([Float("x", 0.0, 1.0)])
    return Problem("t/line", space, lambda v, _: truth(v), truth, front, (1.0, 1.0))


def test_the_gap_is_what_is_missing_of_the_volume_of_the_front(line):
    tried = [{"x": 0.5}, {"x": 1.0}, {"x": 0.25}, {"x": 0.75}]
    volumes = np.array([0.25, 0.25, 0.3125, 0.375])
    assert line.gaps(tried, [1, 2, 3, 4]) == pytest.approx(1 - volumes / 0.375)


@pytest.mark.parametrize("name", ANALYTIC)
def test_the_front_is_where_all_but_the_place_are_best(name):
    of = problem(name)
    best = {"rate": 10**-2.8, "units": 14, "kind": "c", "share": 0.2, "momentum": 0.6}
    turns = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] if name == "dtlz/sphere" else [0.0]
    tried = [
        {**best, "place": place, "turn": turn}
        for place, turn in itertools.product(np.linspace(0, 1, 101), turns)
    ]
    assert 0 <= of.gaps(tried, [len(tried)])[0] < 0.1
    assert of.gaps([of.space.defaults()], [1])[0] > 0.5


@needs_data
@pytest.mark.parametrize("name", sorted(set(names()) - set(ANALYTIC)))
def test_what_a_search_sees_of_a_table_is_near_what_it_knows(name):
    of = problem(name)
    values = of.space.defaults()
    seen = of.loss(values, 0)
    assert len(seen) == of.num_objectives
    assert seen[1:] == pytest.approx(of.loss(values, 1)[1:])
    (gap,) = of.gaps([values], [1])
    assert 0 < gap <= 1


def test_a_search_of_ours_tells_all_losses():
    found = multi_objective.searched("random", "zdt/convex", 0, [3, 6], 2)
    assert len(found["gaps"]) == 2
    assert found["gaps"][0] >= found["gaps"][1]
    assert found["cpu"] > 0


def test_a_peer_is_told_all_losses(monkeypatch):
    told = []

    class Direct:
        def request(self, **request):
            if "tell" in request:
                told.append(request["tell"])
            values = {"place": 0.5, "rate": 0.1, "units": 3, "kind": "a"}
            return {"values": {**values, "share": 0.0, "momentum": 0.0}, "cpu": 0.0}

    monkeypatch.setattr(multi_objective, "_worker", lambda name: Direct())
    started = multi_objective.start("optuna_nsga2", problem("zdt/convex"), 0)
    assert isinstance(started, client.PeerSearcher)
    multi_objective.searched("optuna_nsga2", "zdt/convex", 0, [2], 1)
    assert [number for number, _ in told] == [0, 1]
    assert all(len(losses) == 2 for _, losses in told)


def test_figures_are_means_of_ratios_and_the_table_has_intervals():
    gaps = {
        "random": {"a": [[0.8], [0.8]], "b": [[0.4], [0.4]]},
        "bayesian": {"a": [[0.3], [0.5]], "b": [[0.1], [0.1]], "c": [[1.0], [1.0]]},
        "optuna_tpe": {"a": [[0.4], [0.4]], "b": [[0.4], [0.4]]},
    }
    by_chance, by_peer = multi_objective.figures(gaps, [50])
    assert by_chance.value == pytest.approx((0.5 * 0.25) ** 0.5)
    assert by_peer.value == pytest.approx(0.5)
    assert by_peer.interval == pytest.approx((0.25, 1.0))
    assert by_peer.holds
    lines = multi_objective.table(gaps, [50])
    assert any("bayesian" in line and "0.4000±1.2706" in line for line in lines)


@pytest.mark.parametrize(("gap", "status"), [(0.1, 0), (0.9, 1)])
def test_the_figures_are_printed_and_decide(gap, status, tmp_path, monkeypatch, capsys):
    def collected(works, *_):
        ours = {w: gap if w.arguments[0] == "bayesian" else 0.8 for w in works}
        return {work: {"gaps": [value]} for work, value in ours.items()}

    command = ["multi_objective", "--tasks=zdt/convex", "--peers=", "--trials=50"]
    monkeypatch.setattr("sys.argv", command)
    monkeypatch.setattr(multi_objective, "collect", collected)
    monkeypatch.setattr(multi_objective, "is_there", lambda: True)
    monkeypatch.chdir(tmp_path)
    assert multi_objective.main() == status
    assert f"that of random{'':25}" in capsys.readouterr().out


def test_works_of_other_searchers_are_kept_apart(tmp_path):
    names = ("random", "bayesian", "optuna_nsga2", "optuna_tpe")
    works = [multi_objective._work(name, "a", 0, [50], 1) for name in names]
    assert all(isinstance(work, Work) for work in works)
    assert len({work.path(tmp_path) for work in works}) == 4
