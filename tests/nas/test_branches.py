from __future__ import annotations

import contextlib

import numpy as np
import pytest

from tests.benchmarks.architectures.cells import space_of
from tests.nas.building import WITHOUT_WEIGHTS, hyperparameters, image, model_of
from tuner_component import nas
from tuner_component.errors import SearchSpaceError

PLAIN = nas.Branches(WITHOUT_WEIGHTS, max_branches=2, max_depth=1)


def built(values, branches=PLAIN, shape=(4, 4, 2)):
    tensor = image(*shape)
    return model_of(tensor, branches(hyperparameters(values), tensor))


def two(first, second, **further):
    chosen = {"branches_0_0": first, "branches_1_0": second}
    return {"branches_num": 2, **chosen, **further}


def test_branches_are_added_with_or_without_their_input():
    given = np.ones((1, 4, 4, 2), np.float32)
    values = two("double", "double")
    np.testing.assert_allclose(built(values)(given), 4 * given)
    values = two("double", "double", branches_past=True)
    np.testing.assert_allclose(built(values)(given), 5 * given)


def test_branches_are_concatenated():
    model = built(two("double", "negate", branches_merge="concat"))
    assert model.output_shape == (None, 4, 4, 4)


def test_the_order_of_branches_does_not_count():
    wiring, space = PLAIN.wiring, space_of(PLAIN)
    text = {"branches": wiring.to_text()}
    one, other = two("double", "negate", **text), two("negate", "double", **text)
    assert space.key(one) == space.key(other)
    both = {**one, "branches_merge": "concat"}
    assert space.key(both) != space.key(one)


def test_a_branch_that_is_not_there_does_not_count():
    wiring = PLAIN.wiring
    alone = {"branches_0_0": "double", "branches_merge": "add", "branches_past": False}
    assert wiring.canonical({**alone, "branches_num": 1}) == "double(in0)"
    # How a single branch is merged makes no difference.
    concat = {**alone, "branches_merge": "concat", "branches_num": 1}
    assert wiring.canonical(concat) == "double(in0)"


@pytest.mark.parametrize("scope", ["", "part"])
def test_hyperparameters_that_a_chain_has_too_are_an_error(scope):
    hp = hyperparameters({})
    parts = [nas.Branches(WITHOUT_WEIGHTS, name="b"), nas.Chain(WITHOUT_WEIGHTS)]
    chain = nas.Chain(WITHOUT_WEIGHTS, name="b_0")
    with hp.name_scope(scope) if scope else contextlib.nullcontext():
        for part in (*parts, *parts):
            part.declare(hp)
        with pytest.raises(SearchSpaceError, match=r"b_0' and '.*b' both .*b_0_0'"):
            chain.declare(hp)
    with hp.name_scope("elsewhere"):
        chain.declare(hp)


def test_narrow_branches_are_widened_to_be_added():
    branches = nas.Branches(nas.convolutions(), max_branches=2, widths=(4, 8))
    values = {"branches_num": 2, "branches_past": True}
    values |= {"branches_0_0_width": 8, "branches_1_1_width": 4}
    values |= {"branches_0_1_width": 8}
    assert built(values, branches).output_shape == (None, 4, 4, 8)


def test_small_branches_decide_the_size():
    def halved(tensor, width):
        import keras

        return keras.layers.Conv2D(width, 2, strides=2)(tensor)

    branches = nas.Branches({"halved": halved}, max_depth=1)
    assert built({"branches_past": True}, branches).output_shape == (None, 2, 2, 32)


def test_sizes_that_are_no_multiples_cannot_be_merged():
    def cut(tensor, width):
        import keras

        return keras.layers.Conv2D(width, 2)(tensor)

    branches = nas.Branches({"cut": cut}, max_depth=1)
    message = r"\(None, 3, 3, 32\).*sizes that are no multiples of each other"
    with pytest.raises(SearchSpaceError, match=message):
        built({"branches_past": True}, branches)


def test_one_branch_and_one_merge_are_not_asked_for():
    branches = nas.Branches(
        WITHOUT_WEIGHTS, max_branches=1, max_depth=1, merges="add", with_skip=False
    )
    hp = hyperparameters({})
    branches.declare(hp)
    assert hp.values.keys() == {"branches", "branches_0_0"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_branches": 0}, "max_branches=0; expected an integer from 1 to 8"),
        ({"max_depth": 9}, "max_depth=9; expected an integer from 1 to 8"),
        ({"merges": ("add", "mean")}, "expected some of"),
        ({"merges": ()}, "expected some of"),
    ],
)
def test_impossible_branches_are_refused(arguments, message):
    with pytest.raises(SearchSpaceError, match=message):
        nas.Branches(**{"operations": WITHOUT_WEIGHTS, **arguments})
