from __future__ import annotations

import pytest

from tuner_component.strategies import brackets
from tuner_component.strategies.iterations import Iterations


@pytest.mark.parametrize("limit", [1, 5, 17, 49, 50, 200])
def test_repeated_brackets_are_cut_to_the_limit(limit):
    found = Iterations((), brackets.hyperband(1, 27, 3), None, limit)
    assert sum(bracket.num_configurations for bracket in found) == limit
    assert found.total(lambda bracket: bracket.num_configurations) == limit
    assert all(bracket.rungs[-1].resource == 27 for bracket in found)


def test_iterations_bound_what_the_limit_allows():
    one = brackets.hyperband(1, 27, 3)
    assert tuple(Iterations((), one, None, None)) == one
    assert tuple(Iterations(one[:1], one, 2, None)) == one[:1] + one * 2
    assert len(Iterations((), one, 1, 10_000)) == len(one)
    assert Iterations((), one, 2, None)[1:3] == one[1:3]
