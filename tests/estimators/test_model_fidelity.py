from __future__ import annotations

import math

import pytest

from tuner_component import fidelity
from tuner_component.estimators.model_fidelity import given, recorded
from tuner_component.trial import Fidelity


def test_outside_a_search_it_is_the_full_amount():
    assert fidelity("resolution", 28) == 28
    assert fidelity("width", 1.0) == 1.0


def test_a_cheap_trial_gets_less():
    with given(Fidelity("resolution", 7.0, 28.0)):
        low = fidelity("resolution", 28)
        assert fidelity("width", 1.0) == 1.0
    assert (low, type(low)) == (7, int)
    with given(Fidelity("width", 0.25, 1.0)):
        assert fidelity("width", 1.0) == 0.25
    with given(Fidelity("resolution", 28.0, 28.0)):
        assert fidelity("resolution", 28) == 28
    assert fidelity("resolution", 28) == 28


def test_what_is_asked_is_recorded():
    with recorded() as asked:
        fidelity("resolution", 28)
        fidelity("cells", 5)
    assert asked == {"resolution": 28, "cells": 5}


@pytest.mark.parametrize("full", [0, -1, math.nan, math.inf, "28", True])
def test_the_full_amount_is_a_number_above_0(full):
    with pytest.raises(ValueError, match="expected a finite number above 0"):
        fidelity("resolution", full)


@pytest.mark.parametrize("kind", ["epochs", "examples_fraction"])
def test_what_the_training_heeds_is_no_affair_of_the_model(kind):
    with pytest.raises(ValueError, match="the training heeds"):
        fidelity(kind, 1.0)
