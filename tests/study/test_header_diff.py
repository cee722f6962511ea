from __future__ import annotations

import pytest

from tuner_component.study.header_diff import describe


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        (
            {"a": {"b": {"c": 1, "d": 2}}},
            {"a": {"b": {"c": 3, "d": 2}}},
            ["a.b.c: 1 -> 3"],
        ),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["a: [1, 2] -> [1, 3]"]),
        ({"a": {}}, {"a": {"b": None}}, ["a: {} is gone", "a.b: new, null"]),
        ({"a": "0a" * 20}, {"a": "1b" * 20}, ["a: changed"]),
    ],
)
def test_each_change_has_a_line(old, new, lines):
    assert describe(old, new) == lines


def test_a_long_value_is_shown_where_it_differs():
    start = "x" * 200
    (line,) = describe({"a": f"{start} 1 end"}, {"a": f"{start} 2 end"})
    assert line == f'a: ...{"x" * 15} 1 end" -> ...{"x" * 15} 2 end"'


def test_many_changes_are_counted():
    lines = describe({"a": dict.fromkeys("bcdefghij", 1)}, {"a": {}})
    assert len(lines) == 6
    assert lines[-1] == "and 5 more"
