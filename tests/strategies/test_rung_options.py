from __future__ import annotations

import numpy as np
import pytest

from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies.registry import create

SPACE = SearchSpace([Float("a", 0, 1)])
ALL = ("asha", "hyperband", "median_rule", "screening", "successive_halving")
REDUCING = ("asha", "hyperband", "successive_halving")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_resource": 0}, "min_resource=0; expected an integer, at least 1"),
        ({"max_resource": 0}, "max_resource=0; expected an integer, at least 1"),
        ({"min_resource": 9, "max_resource": 5}, "min_resource=9 and max_resource=5"),
        ({"max_trials": 0}, "max_trials=0; expected an integer, at least 1"),
        ({"max_trials": np.int32(9)}, r"9\)? of type numpy.int32; expected an integer"),
        ({"proposals": "bayes"}, r"proposals='bayes'.* mean 'bayesian'\?"),
        ({"proposals": "hyperband"}, r"proposals='hyperband'; expected one of \['bay"),
        ({"random_share": 1.5}, r"random_share=1.5; expected .* from 0 to 1"),
    ],
)
def test_bad_options_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        create(name, SPACE, 0, options)


@pytest.mark.parametrize("name", REDUCING)
@pytest.mark.parametrize("factor", [1, 0, 2.5, True])
def test_a_reduction_factor_is_an_integer_from_2_on(name, factor):
    with pytest.raises(ValueError, match=r"reduction_factor=.*at least 2"):
        create(name, SPACE, 0, {"reduction_factor": factor})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("successive_halving", {"num_configurations": 1}, "at least 2"),
        ("successive_halving", {"guard": 1}, "expected True or False"),
        ("hyperband", {"iterations": 0}, "iterations=0; expected an integer"),
        ("median_rule", {"interval": 0}, "interval=0; expected an integer"),
        ("median_rule", {"min_trials": 0}, "min_trials=0; expected an integer"),
    ],
)
def test_options_of_one_strategy_are_checked(name, options, message):
    with pytest.raises(ValueError, match=message):
        create(name, SPACE, 0, options)


@pytest.mark.parametrize("name", ["asha", "median_rule"])
def test_without_a_limit_nobody_knows_how_many_there_will_be(name):
    assert create(name, SPACE, 0, {}).num_configurations is None
