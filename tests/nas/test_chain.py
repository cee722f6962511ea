from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from tests.benchmarks.architectures.cells import space_of
from tests.benchmarks.tables.data import FOLDER, is_there
from tests.nas.building import WITHOUT_WEIGHTS, hyperparameters, image, model_of
from tuner_component import nas
from tuner_component.errors import SearchSpaceError


@pytest.mark.skipif(not is_there(), reason="The benchmark tables are not there.")
def test_it_encodes_the_nets_of_nasbench_macro_one_to_one():
    path = FOLDER / "nasbench_macro" / "nasbench_macro_cifar10.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        known = {row["arch"] for row in csv.DictReader(file)}
    blocks = {"0": nas.skip, "1": _dense("relu"), "2": _dense("tanh")}
    space = space_of(nas.Chain(blocks, min_depth=8, max_depth=8))
    written = [
        "".join(values[f"chain_{place}"] for place in range(8))
        for values in space.enumerate()
    ]
    assert len(written) == len(set(written)) == space.size() == 6_561
    assert set(written) == known


def _dense(activation):
    def apply(tensor, width):
        import keras

        return keras.layers.Dense(width, activation)(tensor)

    return apply


def built(values, chain, features=3):
    tensor = image(features)
    return model_of(tensor, chain(hyperparameters(values), tensor))


def test_places_beyond_the_depth_are_not_asked_for():
    chain = nas.Chain({"a": _dense("relu"), "b": _dense("tanh")}, max_depth=3)
    sizes = [len(values) for values in space_of(chain).enumerate()]
    assert [sizes.count(size) for size in (3, 4, 5)] == [2, 4, 8]


def test_a_skipped_place_is_a_shorter_chain():
    chain = nas.Chain({"a": _dense("relu"), "s": nas.skip}, max_depth=2)
    wiring = chain.wiring
    one = {"chain_depth": 2, "chain_0": "s", "chain_1": "a"}
    other = {"chain_depth": 1, "chain_0": "a"}
    assert wiring.canonical(one) == wiring.canonical(other)
    space = space_of(chain)
    text = {"chain": wiring.to_text()}
    assert space.key({**one, **text}) == space.key({**other, **text})


def test_every_place_has_its_width():
    chain = nas.Chain({"a": _dense("relu")}, max_depth=2, widths=(16, 8))
    values = {"chain_depth": 2, "chain_0_width": 16, "chain_1_width": 8}
    model = built(values, chain)
    assert model.count_params() == (3 + 1) * 16 + (16 + 1) * 8
    assert built({}, chain).output_shape == (None, 8)


def test_what_is_built_is_what_the_places_say():
    chain = nas.Chain(WITHOUT_WEIGHTS, max_depth=3)
    values = {"chain_depth": 3, "chain_0": "double"}
    values |= {"chain_1": "negate", "chain_2": "skip"}
    given = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(built(values, chain)(given), -2 * given)


def test_none_is_left_out():
    assert "none" not in nas.Chain(WITHOUT_WEIGHTS).operations


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_depth": 0}, "max_depth=0; expected an integer from 1 to 64"),
        ({"min_depth": 5}, "min_depth=5; expected an integer from 1 to 4"),
        ({"widths": ()}, "received no widths"),
        ({"widths": (8, 0)}, "a width=0; expected an integer from 1"),
        ({"operations": {"none": nas.none}}, "no operation but 'none'"),
    ],
)
def test_impossible_chains_are_refused(arguments, message):
    with pytest.raises(SearchSpaceError, match=message):
        nas.Chain(**{"operations": WITHOUT_WEIGHTS, **arguments})
