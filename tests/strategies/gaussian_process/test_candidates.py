from __future__ import annotations

import numpy as np

from tests.contracts.strategy_contract import CONTINUOUS, FINITE
from tuner_component.search_space import Choice, Float, Int, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.candidates import (
    best,
    mutations,
    neighbours,
)


def configurations(encoding, rows):
    return [encoding.values(row) for row in rows]


def test_neighbours_differ_in_one_parameter_and_what_it_activates():
    encoding = Encoding(FINITE)
    start = {"model": "mlp", "units": 2}
    rows = neighbours(encoding, encoding.codes(start)[None], np.random.default_rng(0))
    found = configurations(encoding, rows)
    for values in found:
        FINITE.check_values(values)
    assert sorted(v["units"] for v in found if v["model"] == "mlp") == [1, 3, 4]
    assert [v["units"] for v in found if v["model"] == "cnn"] == [2]


def test_all_unordered_values_and_the_next_ordered_ones_are_tried():
    space = SearchSpace([Choice("name", tuple("abcdefgh")), Int("n", 0, 1000)])
    encoding = Encoding(space)
    start = encoding.codes({"name": "c", "n": 500})
    rows = neighbours(encoding, start[None], np.random.default_rng(0))
    found = configurations(encoding, rows)
    assert {v["name"] for v in found if v["n"] == 500} == set("abdefgh")
    others = {v["n"] for v in found if v["name"] == "c"}
    assert {499, 501} <= others
    assert min(others) < 450
    assert max(others) > 550


def test_mutations_are_configurations_that_keep_something():
    encoding = Encoding(CONTINUOUS)
    start = encoding.codes({"model": "cnn", "rate": 0.01, "filters": 20})
    rows = mutations(encoding, np.tile(start, (40, 1)), np.random.default_rng(0))
    found = configurations(encoding, rows)
    for values in found:
        CONTINUOUS.check_values(values)
    assert any(v != found[0] for v in found)
    assert any(v["rate"] == encoding.values(start)["rate"] for v in found)
    assert any(v["model"] == "mlp" for v in found)


def test_the_best_of_a_smooth_function_is_found():
    space = SearchSpace([*(Float(f"x{i}", 0, 1) for i in range(6)), Int("n", 1, 50)])
    encoding = Encoding(space)
    target = encoding.sample(np.full((1, 7), 0.3))
    start = encoding.codes(space.defaults())[None]

    def worth(codes):
        return -((codes - target) ** 2).sum(1)

    point, value = best(encoding, start, worth, np.random.default_rng(0))
    assert value == worth(point[None])[0]
    assert value > -0.01


def test_the_edge_is_reached_by_climbing_only():
    space = SearchSpace([Float(f"x{i}", 0, 1) for i in range(6)])
    encoding = Encoding(space)
    start = encoding.codes(dict.fromkeys(space.defaults(), 0.5))[None]

    def worth(codes):
        return ((codes - 0.5) ** 2).sum(1)

    for climb in (True, False):
        point, _ = best(encoding, start, worth, np.random.default_rng(0), climb=climb)
        assert set(point) <= {0.0, 1.0} if climb else not {0.0, 1.0} & set(point)


def test_nothing_is_returned_that_is_worth_minus_infinity_unless_all_are():
    encoding = Encoding(FINITE)
    start = encoding.codes(FINITE.defaults())[None]
    only = encoding.codes({"model": "cnn", "units": 4, "pool": True, "size": 5})

    def worth(codes):
        same = [row.tobytes() == only.tobytes() for row in codes]
        return np.where(same, 0.0, -np.inf)

    point, value = best(encoding, start, worth, np.random.default_rng(0))
    assert value == 0.0
    assert point.tobytes() == only.tobytes()
    nothing = best(
        encoding, start, lambda c: np.full(len(c), -np.inf), np.random.default_rng(0)
    )
    assert nothing[1] == -np.inf
