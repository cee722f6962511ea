"""What XLA's program trains is what the graph does, dropped units included."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.training import kinds
from tests.training.compared import EPOCHS, curves, largest_difference
from tests.training.members import alone_of, assert_same, members_of, train_together
from tuner_component.training import dropout, reuse, xla
from tuner_component.training import width as widths

TOLERANCE = 1e-4  # As in `test_equality`.


@pytest.fixture(autouse=True)
def _any_training_is_long(monkeypatch):
    monkeypatch.setattr(xla, "_LEAST_STEPS", 0)
    monkeypatch.setattr(xla, "_is_faster", {})
    monkeypatch.setattr(xla, "_programs", [])
    reuse._known.clear()


@pytest.fixture
def programs(monkeypatch):
    """The results of the programs that ran."""
    results = []
    run = xla.Faster._by_program

    def noted(self, *given):
        results.append(run(self, *given))
        return results[-1]

    monkeypatch.setattr(xla.Faster, "_by_program", noted)
    return results


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(xla, "_GAIN", 0.0)


def _assert_equal(found):
    (theirs, their_variables), (ours, our_variables) = found
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * TOLERANCE)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("build", kinds.BY_XLA[:2])
def test_it_trains_as_fit_does(build, programs):
    _assert_equal(curves(build))
    assert len(programs) == 2 * 2  # Training and validation; then graphs, to compare.
    _assert_equal(curves(build))
    assert len(programs) == 2 * 2 + 2 * EPOCHS
    assert all(xla._is_faster.values())


@pytest.mark.slow
@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    "build",
    kinds.BY_XLA[2:],
)
def test_it_trains_other_kinds_as_fit_does(build, programs):
    given = {
        "steps": 9,
        "validation_steps": 8,
        "class_weight": {0: 0.2, 1: 1.0, 2: 3.0},
    }
    if build is kinds.two_inputs_two_outputs:
        del given["class_weight"]
    _assert_equal(curves(build, **given))
    assert programs


@pytest.mark.usefixtures("always")
def test_models_train_together_as_each_alone(programs, monkeypatch):
    monkeypatch.setattr(widths, "_seconds", lambda *_: 1.0)
    together = train_together(members_of(kinds.only_dropout))
    assert len(programs) == 2 * 2
    monkeypatch.setattr(xla, "_LEAST_STEPS", math.inf)
    assert_same(together, alone_of(kinds.only_dropout))
    assert len(programs) == 2 * 2


def test_the_graph_goes_on_where_it_is_faster(programs, monkeypatch):
    monkeypatch.setattr(xla, "_GAIN", math.inf)
    curves(kinds.only_dropout)
    assert len(programs) == 2 * 2
    curves(kinds.only_dropout)
    assert len(programs) == 2 * 2
    assert not any(xla._is_faster.values())


def test_a_short_training_does_not_wait_for_a_compiler(programs, monkeypatch):
    monkeypatch.setattr(xla, "_LEAST_STEPS", 22)  # Of 3 epochs of 7 steps.
    curves(kinds.only_dropout)
    assert not programs


@pytest.mark.slow
@pytest.mark.usefixtures("always")
def test_each_number_of_steps_has_its_own_program(programs):
    for steps in (7, 3, 7):
        _assert_equal(curves(kinds.dense, steps=steps, validation_steps=steps))
    assert all(xla._is_faster.values())
    assert len(xla._programs) == 2 * 2
    assert len(programs) == 2 * 2 + 2 * 2 * EPOCHS


@pytest.mark.slow
@pytest.mark.usefixtures("always")
def test_only_so_many_are_compiled(programs, monkeypatch):
    monkeypatch.setattr(xla, "_MOST_PROGRAMS", 2)
    curves(kinds.only_dropout)
    curves(kinds.penalties)
    assert len(xla._programs) == 2
    assert len(programs) == 2 * 2
    curves(kinds.only_dropout)
    assert len(programs) == 2 * 2 + 2 * EPOCHS
    curves(kinds.only_dropout, steps=3)  # Of another shape: the validation alone.
    assert len(programs) == 2 * 2 + 2 * EPOCHS + EPOCHS
    assert len(xla._programs) == 2


@pytest.mark.usefixtures("always")
def test_other_random_numbers_leave_it_to_the_graph(programs, caplog):
    caplog.set_level("INFO")
    _assert_equal(curves(kinds.dropout))
    assert "a layer draws random numbers, and is no dropout" in caplog.text
    before = len(programs)
    _assert_equal(curves(kinds.dropout))
    assert len(programs) == before + EPOCHS  # Of the validation, which has none.


@pytest.mark.parametrize("build", [kinds.bfloat16, kinds.subclassed])
def test_some_models_are_none_for_it(build):
    assert not xla.is_worth_a_try(build(), 10**6)


@pytest.mark.parametrize("has_gpu", [False, True])
def test_convolutions_are_for_it_on_a_gpu_alone(has_gpu, monkeypatch):
    monkeypatch.setattr(xla, "has_gpu", lambda: has_gpu)
    assert xla.is_worth_a_try(kinds.convolutions(), 10**6) == has_gpu


@pytest.mark.usefixtures("always")
def test_it_trains_convolutions_as_fit_does(programs, monkeypatch):
    monkeypatch.setattr(xla, "has_gpu", lambda: True)
    _assert_equal(curves(kinds.convolutions))
    assert programs


@pytest.mark.parametrize("seed", [(0, 0), (3, 2**31 - 1)])
@pytest.mark.parametrize("as_xla", [False, True])
def test_its_numbers_are_those_of_the_kernels(seed, as_xla):
    import tensorflow as tf

    theirs = tf.function(
        lambda: tf.random.stateless_uniform([7, 5], seed), jit_compile=as_xla
    )
    ours = dropout._uniform([7, 5], seed, as_xla=as_xla)
    np.testing.assert_array_equal(ours.numpy(), theirs().numpy())


def test_keras_draws_as_before_afterwards():
    from keras.src.backend.tensorflow import random

    normal = random.normal
    with (
        pytest.raises(dropout.OtherNumbersError),
        dropout.by_arithmetic(as_xla=False),
    ):
        random.normal((1,))
    assert random.normal is normal


def compiled_dropout():
    def body(x):
        return kinds.layers.Dropout(0.4)(kinds.layers.Dense(8)(x))

    return kinds._compiled(kinds._classifier("x", body), jit_compile=True)


@pytest.mark.slow
def test_models_of_jit_compile_train_together_as_each_alone(monkeypatch):
    monkeypatch.setattr(widths, "_seconds", lambda *_: 1.0)
    monkeypatch.setattr(xla, "_LEAST_STEPS", math.inf)
    _assert_equal(curves(compiled_dropout))
    assert_same(
        train_together(members_of(compiled_dropout)), alone_of(compiled_dropout)
    )
