from __future__ import annotations

import json
import types

import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tests.keras_tuner_adapter.written_space import to_keras_tuner
from tuner_component.errors import SearchSpaceError
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search_space import Fixed, SearchSpace


def declare(hp: keras_tuner.HyperParameters) -> None:
    """Every kind, nested and repeated conditions, name scopes."""
    hp.Int("int", 3, 17, step=5, default=8)
    hp.Int("int_log", 1, 100, sampling="log")
    hp.Int("int_reverse", 1, 100, sampling="reverse_log")
    hp.Int("int_factor", 2, 33, step=2, sampling="log")
    hp.Int("int_factor_reverse", 2, 33, step=2, sampling="reverse_log")
    hp.Float("float", -0.5, 0.5)
    hp.Float("float_log", 1e-4, 1e-1, sampling="log", default=1e-3)
    hp.Float("float_reverse", 1e-4, 1e-1, sampling="reverse_log")
    hp.Float("float_step", 0, 1, step=0.25)
    hp.Float("float_factor", 1e-4, 1e-1, step=10, sampling="log")
    hp.Float("float_factor_reverse", 1, 100, step=10, sampling="reverse_log")
    hp.Boolean("bool", default=True)
    hp.Choice("bool_choice", [True, False])
    hp.Choice("float_choice", [0.5, 1.0], ordered=False, default=1.0)
    hp.Fixed("fixed", "adam")
    model = hp.Choice("model", ["mlp", "cnn"])
    with hp.conditional_scope("model", ["mlp"]):
        hp.Int("units", 1, 3)
    with hp.conditional_scope("model", ["cnn"]), hp.name_scope("cnn"):
        hp.Boolean("pool")
    with hp.conditional_scope("model", ["cnn"]):
        hp.Int("units", 4, 9)
        with hp.conditional_scope("cnn/pool", [True]):
            hp.Choice("size", [2, 3])
    assert model


@pytest.fixture
def hp() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    declare(hp)
    return hp


def test_names_conditions_and_defaults_are_kerastuners(hp):
    space = from_keras_tuner(hp.get_config())
    assert [p.name for p in space.parameters] == [p.name for p in hp.space]
    for ours, theirs in zip(space.parameters, hp.space, strict=True):
        assert ours.default == theirs.default
        assert [(c.parent, list(c.values)) for c in ours.conditions] == [
            (c.name, c.values) for c in theirs.conditions
        ]
    assert space.defaults() == hp.values


def test_finite_values_are_kerastuners(hp):
    space = from_keras_tuner(hp.get_config())
    compared = 0
    for ours, theirs in zip(space.parameters, hp.space, strict=True):
        if getattr(theirs, "step", 1) is not None:
            assert list(ours.values()) == [type(ours.default)(v) for v in theirs.values]
            compared += 1
    assert compared == len(hp.space) - 5


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.77, 1 - 2**-53])
def test_scales_are_kerastuners(hp, fraction):
    space = from_keras_tuner(hp.get_config())
    rng = types.SimpleNamespace(random=lambda: fraction)
    compared = 0
    for ours, theirs in zip(space.parameters, hp.space, strict=True):
        if getattr(theirs, "step", 1) is None:
            expected = min(theirs.prob_to_value(fraction), theirs.max_value)
            assert ours.sample(rng) == pytest.approx(expected, rel=1e-12, abs=1e-15)
            compared += 1
    assert compared == 5


def test_kerastuner_reads_what_we_write(hp):
    space = from_keras_tuner(hp.get_config())
    values = space.sample(np.random.default_rng(0))
    config = json.loads(json.dumps(to_keras_tuner(space, values), allow_nan=False))
    read = keras_tuner.HyperParameters.from_config(config)
    assert read.values == values
    declare(read)  # a build finds all it asks for, and adds nothing
    assert read.values == values
    assert from_keras_tuner(read.get_config()) == space


@given(
    finite_spaces().filter(
        lambda space: len({p.name for p in space.parameters}) == len(space.parameters)
    ),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_kerastuner_agrees_on_what_is_active(space, seed):
    # Unique names: KerasTuner drops a repeated one where only the first is active.
    values = space.sample(np.random.default_rng(seed))
    read = keras_tuner.HyperParameters.from_config(to_keras_tuner(space, values))
    read.ensure_active_values()
    assert read.values == values


def test_values_of_proposals_from_kerastuner_are_in_the_space(hp):
    space = from_keras_tuner(hp.get_config())
    oracle = keras_tuner.oracles.RandomSearchOracle(
        objective="loss", max_trials=50, hyperparameters=hp, seed=1
    )
    for number in range(50):
        space.check_values(oracle.populate_space(str(number))["values"])


def test_the_last_of_equal_definitions_counts(hp):
    other = keras_tuner.HyperParameters()
    other.Fixed("int", 4)
    hp.merge(other)  # overwrites, and lists the name twice
    assert from_keras_tuner(hp.get_config()).parameters[0] == Fixed("int", 4)


def test_an_overridden_parent_may_leave_children_that_are_never_active():
    hp = keras_tuner.HyperParameters()
    hp.Fixed("model", "mlp")
    with hp.conditional_scope("model", ["cnn"]):
        hp.Boolean("pool")
        with hp.conditional_scope("pool", [True]):
            hp.Int("size", 2, 3)
    with pytest.raises(SearchSpaceError, match="'pool' can never be active"):
        from_keras_tuner(hp.get_config())
    space = from_keras_tuner(hp.get_config(), drop_unreachable=True)
    assert space == SearchSpace([Fixed("model", "mlp")])


def test_kinds_of_ones_own_are_refused():
    item = {"class_name": "Simplex", "config": {"name": "a", "conditions": []}}
    with pytest.raises(SearchSpaceError, match="'a' of the class 'Simplex'"):
        from_keras_tuner({"space": [item], "values": {}})
    condition = {"class_name": "Not", "config": {}}
    item = {"class_name": "Boolean", "config": {"name": "a", "conditions": [condition]}}
    with pytest.raises(SearchSpaceError, match="class 'Not'; expected 'Parent'"):
        from_keras_tuner({"space": [item], "values": {}})


def test_an_empty_object_is_an_empty_space():
    assert from_keras_tuner({"space": [], "values": {}}) == SearchSpace()
