import copy
import pickle

import pytest

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import Constraint, Int, SearchSpace


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("b <= a", {"a": 2, "b": 2}, True),
        ("b <= a", {"a": 1, "b": 2}, False),
        ("0 < a <= b < 4", {"a": 1, "b": 3}, True),
        ("0 < a <= b < 4", {"a": 1, "b": 4}, False),
        ("a * b // 3 == 2", {"a": 2, "b": 3}, True),
        ("hp['dense 1'] + hp['tuner/units'] < 5", {"dense 1": 1, "tuner/units": 3}, 1),
        ("not (kind == 'sgd' and rate > 0.1)", {"kind": "sgd", "rate": 0.2}, False),
        ("kind in ['sgd', 'adam'] or wide", {"kind": "x", "wide": False}, False),
        ("kind not in ('sgd', 'adam')", {"kind": "x"}, True),
        ("max(a, b) - min(a, b, 3) == abs(-a)", {"a": 2, "b": 4}, True),
        ("hp < 3", {"hp": 2}, True),
    ],
)
def test_an_expression_means_what_it_means_in_python(text, values, holds):
    assert Constraint(text).holds(values) is bool(holds)


def test_it_holds_where_one_of_its_hyperparameters_is_inactive():
    assert Constraint("b < a").holds({"b": 9})
    assert Constraint("b < a or b > 3").holds({"b": 1})


@pytest.mark.parametrize(
    "text", ["1 / a > 0", "a ** -1 < 9", "(a - 1) ** 0.5 < 9", "(a + 2) ** 9999 > 0"]
)
def test_it_does_not_hold_where_its_arithmetic_is_undefined(text):
    assert not Constraint(text).holds({"a": 0})


def test_an_equal_copy_can_be_sent_elsewhere():
    constraint = Constraint(" b <= a\n")
    assert constraint == Constraint("b <= a")
    sent = pickle.loads(pickle.dumps(constraint))  # noqa: S301
    assert sent.holds({"a": 2, "b": 2})
    assert copy.deepcopy(constraint) == constraint


def test_a_space_allows_what_fulfils_all_its_constraints():
    space = SearchSpace([Int("a", 1, 4), Int("b", 1, 4)], ["b <= a", "a + b != 4"])
    assert [space.allows({"a": 3, "b": b}) for b in (1, 2, 3, 4)] == [
        False,
        True,
        True,
        False,
    ]
    assert SearchSpace(space.parameters).allows({"a": 1, "b": 4})


@pytest.mark.parametrize(
    ("text", "place"),
    [("a <", 3), ("a = 3", 2), ("a < b.real", 4), ("a or open('x')", 5)],
)
def test_what_is_not_understood_is_shown(text, place):
    with pytest.raises(SearchSpaceError) as raised:
        Constraint(text)
    assert f"    {text}\n    {' ' * place}^\n" in str(raised.value)
