from __future__ import annotations

import contextlib
import csv
import gzip
import itertools

import keras_tuner
import numpy as np
import pytest

from tests.benchmarks.architectures import cells
from tests.benchmarks.tables.data import FOLDER, is_there
from tests.nas.building import WITHOUT_WEIGHTS, hyperparameters, image, model_of
from tuner_component import nas
from tuner_component.errors import InfeasibleTrialError, SearchSpaceError
from tuner_component.keras_tuner_adapter.space import from_keras_tuner

THREE = nas.Cell(WITHOUT_WEIGHTS, num_nodes=3)


def built(values, cell=THREE, width=4, shape=(4, 4, 4)):
    tensor = image(*shape)
    return model_of(tensor, cell(hyperparameters(values), tensor, width=width))


@pytest.mark.skipif(not is_there(), reason="The benchmark tables are not there.")
def test_it_encodes_the_cells_of_nasbench201_one_to_one():
    path = FOLDER / "nasbench201" / "nasbench201_cifar10.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        known = {row["arch"] for row in csv.DictReader(file)}
    space = cells.space_of(cells.cell())
    written = [_as_in_the_table(values) for values in space.enumerate()]
    assert len(written) == len(set(written)) == space.size() == 15_625
    assert set(written) == known


def _as_in_the_table(values) -> str:
    """`|a~0|+|b~0|c~1|+|d~0|e~1|f~2|`, as NAS-Bench-201 writes its cells."""
    nodes = []
    for target in range(1, 4):
        edges = [f"{values[f'cell_{n}_{target}']}~{n}" for n in range(target)]
        nodes.append("|" + "|".join(edges) + "|")
    return "+".join(nodes)


@pytest.mark.skipif(not is_there(), reason="The benchmark tables are not there.")
def test_cells_that_are_one_graph_have_one_accuracy_up_to_noise():
    """Trained apart, they differ as two trainings of one cell do."""
    table = cells.task()
    graphs: dict[str, list[int]] = {}
    wiring = table.space.wirings[0]
    for row, values in enumerate(table.space.enumerate()):
        graphs.setdefault(wiring.canonical(values), []).append(row)
    del graphs[""]
    means = np.nanmean(table.losses, axis=1)
    spreads = [np.ptp(means[rows]) for rows in graphs.values() if len(rows) > 1]
    between_seeds = np.nanstd(table.losses, axis=1).mean()
    assert len(spreads) > 1_000
    assert np.median(spreads) < 3 * between_seeds


def test_every_edge_is_a_choice_with_a_clear_name():
    hp = hyperparameters({})
    nas.Cell(WITHOUT_WEIGHTS, num_nodes=4, name="normal").declare(hp)
    edges = {f"normal_{s}_{t}" for t in range(1, 4) for s in range(t)}
    assert hp.values.keys() == {"normal", *edges}


def test_what_is_built_is_what_the_edges_say():
    values = {"cell_0_1": "double", "cell_0_2": "negate", "cell_1_2": "double"}
    model = built(values)
    given = np.random.default_rng(0).normal(size=(2, 4, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(model(given), 4 * given - given, rtol=1e-6)


def test_edges_that_lead_nowhere_are_not_built():
    cell = nas.Cell(nas.convolutions(), num_nodes=3)
    values = {"cell_0_1": "conv_3x3", "cell_0_2": "max_pool_3x3", "cell_1_2": "none"}
    assert built(values, cell).count_params() == 0


def test_a_configuration_without_a_path_is_infeasible():
    values = {"cell_0_1": "double", "cell_0_2": "none", "cell_1_2": "none"}
    with pytest.raises(InfeasibleTrialError, match="'cell' has no path from its input"):
        built(values)


def test_the_default_configuration_has_weights_and_a_path():
    cell = nas.Cell(nas.convolutions(), num_nodes=3)
    assert built({}, cell).count_params() > 0


def test_called_twice_it_has_one_architecture_and_weights_of_its_own_twice():
    cell = nas.Cell({"conv": _conv}, num_nodes=2)
    hp, tensor = hyperparameters({}), image(4, 4, 4)
    once = cell(hp, tensor, width=4)
    twice = cell(hp, once, width=4)
    assert len(hp.space) == 2
    weights = model_of(tensor, once).count_params()
    assert model_of(tensor, twice).count_params() == 2 * weights


def _conv(tensor, width):
    import keras

    return keras.layers.Conv2D(width, 3, padding="same")(tensor)


def test_a_reduction_has_strides_and_inputs_of_other_sizes_are_reduced():
    cell = nas.Cell({"skip": nas.skip}, num_nodes=3, num_inputs=2)
    small, large = image(4, 4, 2), image(8, 8, 3)
    tensor = cell(hyperparameters({}), small, large, width=6, strides=2)
    assert tensor.shape == (None, 2, 2, 6)


def test_concat_gives_the_output_the_features_of_all_that_leads_to_it():
    cell = nas.Cell(WITHOUT_WEIGHTS, num_nodes=3, merge="concat")
    values = {"cell_0_1": "double", "cell_0_2": "negate", "cell_1_2": "double"}
    assert built(values, cell).output_shape == (None, 4, 4, 8)


def test_sequences_and_rows_are_cells_too():
    sequence, row = image(5, 3), image(3)
    cell = nas.Cell(nas.recurrent(), num_nodes=3)
    assert cell(hyperparameters({}), sequence, width=4).shape == (None, 5, 4)
    cell = nas.Cell(nas.dense(), num_nodes=3)
    assert cell(hyperparameters({}), row, width=4).shape == (None, 4)


def test_two_cells_of_one_name_are_refused():
    hp, tensor = hyperparameters({}), image(4, 4, 4)
    THREE(hp, tensor, width=4)
    with pytest.raises(SearchSpaceError, match="'cell' is not the one that the hyper"):
        nas.Cell(WITHOUT_WEIGHTS, num_nodes=4)(hp, tensor, width=4)


def _open(hp, *scopes):
    return hp.name_scope(*scopes) if scopes else contextlib.nullcontext()


def _scaled(tensor):
    """A model needs a layer, and an architecture of skips has none."""
    return WITHOUT_WEIGHTS["double"].apply(tensor)


@pytest.mark.parametrize("architecture", [
    nas.Chain(WITHOUT_WEIGHTS, max_depth=2),
    nas.Branches(WITHOUT_WEIGHTS, max_branches=2, max_depth=1),
    lambda hp, tensor: THREE(hp, tensor, width=3),
])  # fmt: skip
def test_in_a_name_scope_the_same_is_built_and_searched(architecture):
    """The names with the scope in front are those that choose the edges."""

    def made(values, *scopes):
        hp, tensor = hyperparameters(values), image(3)
        with _open(hp, *scopes):
            model = model_of(tensor, _scaled(architecture(hp, tensor)))
        return model(np.ones((1, 3))).numpy().tolist()

    def space_of(*scopes):
        hp = keras_tuner.HyperParameters()
        with _open(hp, *scopes):
            architecture(hp, image(3))
        return from_keras_tuner(hp.get_config())

    plain, scoped = space_of(), space_of("a/b c")
    graphs = [{each.key(v) for v in each.enumerate()} for each in (plain, scoped)]
    assert len(graphs[0]) == len(graphs[1])
    pairs = zip(plain.enumerate(), scoped.enumerate(), strict=True)
    for one, other in itertools.islice(pairs, 0, None, 5):
        with contextlib.suppress(InfeasibleTrialError):
            assert made(one) == made(other, "a/b c")


@pytest.mark.parametrize("architecture", [
    nas.Chain(WITHOUT_WEIGHTS),
    nas.Branches(WITHOUT_WEIGHTS),
    nas.Stack(nas.Cell(WITHOUT_WEIGHTS)),
    lambda hp, tensor: THREE(hp, tensor, width=3),
])  # fmt: skip
def test_where_its_condition_does_not_hold_it_cannot_be_built(architecture):
    hp = hyperparameters({})
    hp.Choice("kind", ["mlp", "cnn"])
    message = "conditional_scope whose condition does not hold; expected only where"
    with (
        hp.conditional_scope("kind", ["cnn"]),
        pytest.raises(SearchSpaceError, match=message),
    ):
        architecture(hp, image(4, 4, 3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operations": {}}, r"operations=\{\}; expected a mapping from names"),
        ({"operations": {"conv": 3}}, "operation 'conv': 3; expected a name and"),
        ({"operations": {"none": nas.none}}, "no cell has a path from its input"),
        ({"num_nodes": 1}, "num_nodes=1; expected an integer from 2 to 8"),
        ({"num_nodes": 9}, "num_nodes=9; expected an integer from 2 to 8"),
        ({"num_nodes": 3, "num_inputs": 3}, "num_nodes=3; .* from 4 to 8"),
        ({"merge": "mean"}, "merge='mean'; expected 'add' or 'concat'"),
        ({"name": "my cell"}, "name='my cell'; expected letters, digits"),
    ],
)
def test_impossible_cells_are_refused(arguments, message):
    with pytest.raises(SearchSpaceError, match=message):
        nas.Cell(**{"operations": WITHOUT_WEIGHTS, **arguments})


def test_a_wrong_number_of_tensors_is_refused():
    with pytest.raises(SearchSpaceError, match="received 2 tensors; expected num_inp"):
        THREE(hyperparameters({}), image(4), image(4), width=4)


def test_operations_that_change_the_dimensions_cannot_be_merged():
    def flatten(tensor, width):
        import keras

        return keras.layers.Flatten()(tensor)

    cell = nas.Cell({"flatten": flatten, "skip": nas.skip}, num_nodes=3)
    values = {"cell_0_1": "skip", "cell_0_2": "flatten", "cell_1_2": "skip"}
    with pytest.raises(SearchSpaceError, match="different numbers of dimensions"):
        built(values, cell)
