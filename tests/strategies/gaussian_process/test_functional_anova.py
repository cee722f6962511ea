from __future__ import annotations

import numpy as np
import pytest

from tuner_component.search_space import Choice, Condition, Float, Int, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.functional_anova import decomposed

THREE = SearchSpace([Float("a", 0, 1), Float("b", 0, 1), Float("c", 0, 1)])
UNIFORM = 1 / 12  # Variance of a uniform number.


def effects(space, function, seed=0):
    return decomposed(Encoding(space), function, np.random.default_rng(seed))


def test_variances_of_a_sum_add_up():
    found, total = effects(THREE, lambda x: 4 * x[:, 0] + 2 * x[:, 1])
    assert found == pytest.approx([16 * UNIFORM, 4 * UNIFORM, 0.0], rel=0.01, abs=1e-12)
    assert total == pytest.approx(20 * UNIFORM, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_a_mere_interaction_has_no_main_effects(seed):
    found, total = effects(THREE, lambda x: (x[:, 0] - 0.5) * (x[:, 1] - 0.5), seed)
    assert total == pytest.approx(UNIFORM**2, rel=0.1)
    assert found.sum() < 0.05 * total


def test_a_product_has_both():
    found, total = effects(THREE, lambda x: x[:, 0] * x[:, 1])
    assert found[:2] == pytest.approx([UNIFORM / 4, UNIFORM / 4], rel=0.15)
    assert found[2] == 0
    assert total == pytest.approx(2 * UNIFORM / 4 + UNIFORM**2, rel=0.1)


def test_each_value_counts_as_often_as_it_is_drawn():
    space = SearchSpace([Choice("kind", ["x", "y", "z"]), Int("few", 1, 4)])
    heights = np.sqrt(2) * np.array([0.0, 3.0, 6.0])
    found, _ = effects(space, lambda x: x[:, :3] @ heights + x[:, 3])
    assert found[0] == pytest.approx(6.0)  # Variance of 0, 3 and 6.
    assert found[1] == pytest.approx(np.var([0, 1 / 3, 2 / 3, 1]))


def test_a_conditional_parameter_counts_while_it_is_active():
    space = SearchSpace(
        [
            Choice("kind", ["x", "y", "z", "w"]),
            Float("rate", 0, 1, conditions=(Condition("kind", ("y",)),)),
        ]
    )

    def function(x):
        is_y = x[:, 1] > 0
        return np.where(is_y, 8 * x[:, 4], 0.0)

    found, total = effects(space, function)
    assert found[1] == pytest.approx(64 * UNIFORM / 4, rel=0.01)
    assert found[0] == pytest.approx(np.var([0, 4, 0, 0]), rel=0.1)
    assert found.sum() == pytest.approx(total, rel=0.05)


def test_what_is_rarely_active_is_seen_too():
    space = SearchSpace(
        [
            Int("depth", 1, 40),
            Float("rate", 0, 1, conditions=(Condition("depth", (7,)),)),
        ]
    )
    found, _ = effects(space, lambda x: x[:, 1])
    assert found[1] == pytest.approx(UNIFORM / 40, rel=0.1)


def test_constants_have_no_effect():
    found, total = effects(THREE, lambda x: np.ones(len(x)))
    assert (found.tolist(), total) == ([0.0] * 3, 0.0)
