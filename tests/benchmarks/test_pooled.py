from __future__ import annotations

import math

import numpy as np
import pytest

from tests.benchmarks.parts import guard, halving, model_based
from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.parts.rung_searches import course
from tests.benchmarks.parts.rung_searches import halved as halved_and_random
from tests.benchmarks.tables import preset
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.pooled import Work, collect
from tests.benchmarks.tables.statistics import resampled

needs_data = pytest.mark.skipif(not is_there(), reason="The tables are not there.")


def test_results_are_kept_and_failures_are_not(tmp_path, capsys):
    roots = [Work("root", math.sqrt, (value,), "1") for value in (4.0, -1.0, 9.0)]
    found = collect(roots, tmp_path, processes=1)
    assert [found.get(work) for work in roots] == [2.0, None, 3.0]
    assert "root (-1.0,): math domain error" in capsys.readouterr().err
    kept = collect([roots[0], roots[2]], tmp_path, processes=1, deadline=-math.inf)
    assert list(kept.values()) == [2.0, 3.0]
    other = Work("root", math.sqrt, (4.0,), "2")
    assert collect([other], tmp_path, processes=1, deadline=-math.inf) == {}


def test_what_is_missing_is_said_with_the_time_left(tmp_path, capsys):
    roots = [Work("root", math.sqrt, (float(value),), "1") for value in range(3)]
    collect(roots, tmp_path, processes=2)
    assert "[3/3] root done; 0 min left" in capsys.readouterr().err


def test_the_interval_of_a_mean_is_about_two_standard_errors():
    values = np.random.default_rng(3).normal(size=400)
    low, high = resampled(values, np.mean)
    assert low < values.mean() < high
    assert high - low == pytest.approx(3.92 * values.std() / 20, rel=0.1)


def test_the_odds_of_being_the_best_of_those_drawn():
    """Of 3, 2 drawn: the best is among them in 2 of 3 cases, else the second."""
    assert preset._odds([0.5, 0.1, 0.3], 2) == pytest.approx([0, 2 / 3, 1 / 3])
    assert preset._odds([0.5, math.inf], 2) == pytest.approx([1, 0])


def test_figures_of_halving_compare_means():
    def work(name, seed):
        return Work("halving preset", preset.halved, (name, seed), "1")

    one = {"iterations": 22_400, "worst": [0.1, 0.4], "median": [0.2, 0.4]}
    two = {"iterations": 22_400, "worst": [0.1, 0.6], "median": [0.0, 0.4]}
    results = {work("lcbench/a", 0): one, work("lcbench/b", 0): two}
    fewer, worst, median = halving.figures(results)
    assert fewer.value == pytest.approx(64 / 7)
    assert (worst.value, worst.holds) == (pytest.approx(0.2), True)
    assert median.value == pytest.approx(0.25)


def test_figures_of_the_model_need_all_three_searches():
    def work(title, task):
        name, options = model_based._SEARCHES[title]
        return Work("", course, (task, name, options, 0, 32), "1")

    def at(first, second):
        return {"spent": [16, 32], "regrets": [first, second]}

    results = {
        work("model", "a"): at(0.1, 0.05),
        work("hyperband", "a"): at(0.2, 0.1),
        work("model", "b"): at(0.9, 0.9),
    }
    assert list(model_based.figures(results)) == []
    results[work("random", "a")] = at(0.4, 0.2)
    found = [figure.value for figure in model_based.figures(results)]
    assert found == pytest.approx([0.5, 0.25, 0.5, 0.25])


@needs_data
def test_figures_of_the_guard():
    def work(name, seed):
        return Work("guard", halved_and_random, (name, True, seed), "1")

    names = guard.tasks()
    found = {"total": 8.0, "ours": 0.2, "random": 0.4}
    results = {work(names["LCBench"][0], 0): found}
    (figure,) = guard.figures(results)
    assert figure == Figure("guard, LCBench: times fewer iterations", 8, 5, True)
    results = {
        work(names["reverse"][0], seed): {**found, "ours": ours}
        for seed, ours in enumerate((0.5, 0.6))
    }
    (figure,) = guard.figures(results)
    assert figure.value == pytest.approx(0.15)
    assert figure.holds


@needs_data
def test_the_preset_spends_what_it_says():
    name = "lcbench/3945"
    found = preset.halved(name, 0)
    assert found["iterations"] == 22_400
    for scale in ("worst", "median"):
        ours, random = found[scale]
        assert 0 <= ours <= 1
        assert 0 < random < 1
