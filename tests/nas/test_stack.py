from __future__ import annotations

import pytest

from tests.nas.building import WITHOUT_WEIGHTS, hyperparameters, image, model_of
from tuner_component import nas
from tuner_component.errors import SearchSpaceError

NORMAL = nas.Cell(WITHOUT_WEIGHTS, num_nodes=4, num_inputs=2, name="normal")
REDUCTION = nas.Cell(WITHOUT_WEIGHTS, num_nodes=3, name="reduction")


def output(stack, values, shape=(8, 8, 3)):
    return stack(hyperparameters(values), image(*shape))


@pytest.mark.parametrize("reduction", [REDUCTION, None])
def test_each_stage_is_half_as_large_and_twice_as_wide(reduction):
    stack = nas.Stack(NORMAL, reduction, num_stages=3, widths=(4, 8))
    assert output(stack, {}).shape == (None, 2, 2, 16)
    assert output(stack, {"stack_width": 8}).shape == (None, 2, 2, 32)


def test_a_single_width_needs_no_brackets_and_none_is_refused():
    assert output(nas.Stack(NORMAL, num_stages=1, widths=4), {}).shape[-1] == 4
    with pytest.raises(SearchSpaceError, match="'stack' received no widths"):
        nas.Stack(NORMAL, widths=())


def test_all_normal_cells_are_one_architecture():
    hp, tensor = hyperparameters({"stack_cells": 3}), image(8, 8, 3)
    stack = nas.Stack(NORMAL, REDUCTION, num_stages=2, max_cells=3)
    model = model_of(tensor, stack(hp, tensor))
    names = [each.name for each in hp.space if each.name.startswith("normal_")]
    assert len(names) == len(NORMAL.wiring.edges)
    assert model.output_shape == (None, 4, 4, 32)


def test_cells_of_one_name_cannot_be_stacked():
    with pytest.raises(SearchSpaceError, match="both named 'normal'; expected differ"):
        nas.Stack(NORMAL, NORMAL)


def test_cells_of_three_inputs_cannot_be_stacked():
    cell = nas.Cell(WITHOUT_WEIGHTS, num_nodes=4, num_inputs=3)
    with pytest.raises(SearchSpaceError, match=r"num_inputs=3; .* from 1 to 2"):
        nas.Stack(cell)
