from __future__ import annotations

import pytest

from tuner_component import nas
from tuner_component.errors import (
    InfeasibleTrialError,
    PreflightError,
    SearchSpaceError,
)
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.space_discovery import discover


def _configurations(build):
    found = discover(build)
    assert found.complete
    return list(from_keras_tuner(found.config).enumerate())


def _layers(hp):
    for layer in range(hp.Int("num_layers", 1, 3)):
        hp.Choice(f"units_{layer}", [8, 16])


def test_what_a_loop_asks_for_is_active_only_then():
    configurations = _configurations(_layers)
    assert len(configurations) == 2 + 4 + 8
    for values in configurations:
        assert len(values) == 1 + values["num_layers"]


def _nested(hp):
    if hp.Choice("model", ["linear", "deep"]) == "deep":
        if hp.Boolean("dropout"):
            hp.Choice("rate", [0.1, 0.2, 0.3])
        hp.Choice("units", [1, 2])
    else:
        hp.Choice("penalty", [0.0, 1.0])


def test_nested_conditions_are_found():
    configurations = _configurations(_nested)
    # linear: 2; deep: units 2 x (no dropout 1 + rates 3)
    assert len(configurations) == 2 + 2 * 4
    assert all(("penalty" in v) == (v["model"] == "linear") for v in configurations)
    assert all(("rate" in v) == bool(v.get("dropout")) for v in configurations)


def _declared(hp):
    kind = hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["b"]):
        if kind == "b":
            hp.Int("only_b", 1, 2)


def test_declared_conditions_stay():
    assert sorted(_configurations(_declared), key=str) == [
        {"kind": "a"},
        {"kind": "b", "only_b": 1},
        {"kind": "b", "only_b": 2},
    ]


def _invalid_for_some(hp):
    kind = hp.Choice("kind", ["fine", "broken"])
    hp.Choice("size", [1, 2])
    if kind == "broken":
        raise RuntimeError("no such model")


def test_values_that_make_no_model_do_not_stop_the_search_for_others():
    assert len(_configurations(_invalid_for_some)) == 4


def test_the_default_model_must_build():
    def build(hp):
        raise RuntimeError("cannot build")

    with pytest.raises(RuntimeError, match="cannot build"):
        discover(build)


def test_a_wide_integer_that_decides_nothing_costs_few_builds():
    found = discover(lambda hp: [hp.Int(f"units_{i}", 1, 30) for i in range(8)])
    assert found.num_builds <= 1 + 8 * 2 + 8  # Alone, then a few together.
    assert len(found.config["space"]) == 8


def test_it_stops_when_time_is_over():
    found = discover(_layers, max_seconds=0.0)
    assert not found.complete
    assert found.num_builds == 1


def _nested_in_a_loop(hp):
    for layer in range(hp.Int("num_layers", 1, 3)):
        if hp.Boolean(f"dropout_{layer}"):
            hp.Choice(f"rate_{layer}", [0.1, 0.2])


def test_conditions_inside_a_loop_are_found():
    configurations = _configurations(_nested_in_a_loop)
    # A layer: without dropout 1, with dropout 2.
    assert len(configurations) == 3 + 3**2 + 3**3
    for values in configurations:
        for layer in range(3):
            assert (f"rate_{layer}" in values) == bool(values.get(f"dropout_{layer}"))


def _limited(hp):
    if hp.Int("units", 1, 9, default=9) > 3:
        raise InfeasibleTrialError("It has too many units.")


def test_where_the_defaults_are_infeasible_other_values_are_found():
    found = discover(_limited)
    assert found.values["units"] <= 3
    assert [entry["config"]["name"] for entry in found.config["space"]] == ["units"]


def test_the_defaults_are_taken_where_they_are_feasible():
    assert discover(_nested).values == {}


def test_a_limit_that_nothing_keeps_is_an_error():
    def build(hp):
        hp.Float("rate", 0.0, 1.0)
        raise InfeasibleTrialError("It has 100 parameters; at most 10.")

    message = r"Each of the 20\d models .* infeasible.* It has 100 parameters; at most"
    with pytest.raises(PreflightError, match=message):
        discover(build)


def _operation(name, seen):
    def apply(tensor, width):
        seen.add(name)
        return tensor

    return apply


def test_an_architecture_takes_as_many_builds_as_it_has_operations():
    """Not as many as the product, or the sum over its edges; and each was somewhere."""
    seen = set()
    cell = nas.Cell({n: _operation(n, seen) for n in "abcd"}, num_nodes=5)

    def build(hp):
        values = cell.declare(hp).wires(hp.values)
        seen.update((wire.source, wire.target, wire.operation) for wire in values)
        hp.Choice("units", [1, 2])

    found = discover(build)
    assert len(seen) == len(cell.wiring.edges) * 4
    assert found.num_builds == 1 + 4 + 2
    space = from_keras_tuner(found.config)
    assert space.size() == 4 ** len(cell.wiring.edges) * 2
    assert all(not p.conditions for p in space.parameters)


def test_an_architecture_that_cannot_be_built_is_an_error():
    def build(hp):
        if hp.Choice("kind", ["a", "b"]) == "b":
            raise SearchSpaceError("The shapes do not fit.")

    with pytest.raises(SearchSpaceError, match="shapes do not fit"):
        discover(build)


def _both(hp):
    several = [hp.Boolean("a"), hp.Boolean("b")]
    if all(several):
        hp.Choice("rate", [0.1, 0.2, 0.3])
        if hp.Boolean("deep"):
            hp.Choice("more", [1, 2])


def test_what_two_values_decide_together_is_found():
    configurations = _configurations(_both)
    assert len(configurations) == 3 + 3 * (1 + 2)
    for values in configurations:
        both = values["a"] and values["b"]
        assert ("rate" in values) == ("deep" in values) == both
        assert ("more" in values) == (both and values["deep"])


@pytest.mark.parametrize("exception", [1, 2])
def test_looking_for_it_does_not_say_more_of_what_is_known(exception):
    """Whichever kind was drawn when `scale` was found, one exception is beside it."""

    def build(hp):
        kind, bias = hp.Choice("kind", [0, 1, 2]), hp.Boolean("bias")
        if kind and bias:
            hp.Boolean("scale")
        if kind and (kind, bias) != (exception, True):
            hp.Boolean("known")

    for values in _configurations(build):
        assert ("scale" in values) == bool(values["kind"] and values["bias"])
        assert ("known" in values) == bool(values["kind"])
