"""A graph made for one trial trains the next one as a fresh one would."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.training import kinds
from tests.training.compared import curves, largest_difference
from tests.training.pairs import (
    ADAM,
    PAIRS,
    TOLERANCE,
    TOLERANCE_OF_BFLOAT16,
    make_model,
)
from tuner_component.training import reuse
from tuner_component.training.structure import structure_of

pytestmark = pytest.mark.usefixtures("nothing_known")
layers = keras.layers


def test_it_trains_the_next_model_as_fit_does():
    _assert_reused(*PAIRS["rates"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adamw", "bfloat16", "rmsprop", "schedule"])
def test_it_trains_other_next_models_as_fit_does(name):
    rounds = name == "bfloat16"
    _assert_reused(*PAIRS[name], TOLERANCE_OF_BFLOAT16 if rounds else TOLERANCE)


def _assert_reused(first, second, tolerance=TOLERANCE):
    _, (before, _) = curves(first)
    (theirs, their_variables), (ours, our_variables) = curves(second)
    assert len(reuse._known) == 1
    assert largest_difference(ours, before) > 50 * tolerance
    assert largest_difference(ours, theirs) <= tolerance
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * tolerance)


def _key(**changes):
    keras.utils.clear_session(free_memory=False)
    found = structure_of(make_model(lambda: ADAM(0.01), **changes))
    return None if found is None else found.key


def test_seeds_rates_and_penalties_are_no_structure():
    base = _key()
    assert base is not None
    assert _key(rate=0.5, l2=0.5, noise=0.9) == base
    keras.utils.set_random_seed(7)
    assert _key() == base


@pytest.mark.parametrize(
    "changes",
    [
        *({"units": 9}, {"rate": 0.0}, {"rate": 1.0}, {"l2": 0.0}),
        *({"dtype": "bfloat16"}, {"loss": "mse"}),
    ],
    ids=str,
)
def test_what_changes_the_graph_is_structure(changes):
    assert _key(**changes) != _key()


def test_what_optimizers_compute_is_structure():
    keras.utils.clear_session(free_memory=False)
    one = structure_of(make_model(lambda: ADAM(0.01))).key
    for other in (ADAM(0.01, amsgrad=True), keras.optimizers.SGD(0.01), ADAM(0.1, 0.8)):
        keras.utils.clear_session(free_memory=False)
        assert structure_of(make_model(lambda other=other: other)).key != one


def test_code_of_the_users_is_never_taken_for_known():
    scale = 3.0
    assert _key(loss=lambda y, p: scale * keras.ops.mean(p, -1)) is None
    assert structure_of(kinds.subclassed()) is None
    inputs = layers.Input((6,), name="x")
    outputs = layers.Dense(3)(layers.Lambda(lambda x: x * scale)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    assert structure_of(model) is None


def test_a_function_of_a_module_is_known():
    assert _key(loss=_own_loss) == _key(loss=_own_loss)
    assert _key(loss=_own_loss) is not None


def _own_loss(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), -1)


@pytest.mark.slow
def test_only_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(reuse, "_NUM_KEPT", 1)
    for units in (3, 4):
        curves(lambda units=units: make_model(lambda: ADAM(0.01), units))
    assert len(reuse._known) == 1
    (known,) = reuse._known.values()
    assert np.shape(known.variables[0]) == (6, 4)
