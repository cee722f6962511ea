from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner_component.search_space import Choice, Fixed, SearchSpace
from tuner_component.search_space.graph_text import Term, merged, text_of
from tuner_component.search_space.wiring import (
    Edge,
    Wire,
    Wiring,
    architecture_hash,
    readable,
)

KINDS = {"none": "none", "skip": "skip", "pool": "free"}
OPERATIONS = ("none", "skip", "pool", "conv", "dense")


def cell(num_nodes: int, merges: str = "=add") -> Wiring:
    return Wiring(
        "cell",
        1,
        num_nodes - 1,
        tuple(
            Edge(source, target, (f"cell_{source}_{target}",))
            for target in range(1, num_nodes)
            for source in range(target)
        ),
        KINDS,
        merges=merges,
    )


def values_of(**operations: str) -> dict[str, str]:
    """Edges by `e01="conv"`; all others are none."""
    wiring = cell(4)
    chosen = {edge.labels[0]: "none" for edge in wiring.edges}
    chosen |= {f"cell_{name[1]}_{name[2]}": value for name, value in operations.items()}
    return {"cell": wiring.to_text(), **chosen}


def canonical(**operations: str) -> str:
    return cell(4).canonical(values_of(**operations))


def test_a_wiring_survives_its_text():
    wiring = Wiring(
        "x", 2, 5, (Edge(0, 3), Edge(1, 5, ("a", "b"))), KINDS, ("n",), "skip", "how"
    )
    assert Wiring.from_text("x", wiring.to_text()) == wiring


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # What leads nowhere, and what comes from nowhere.
        ({"e03": "conv"}, {"e03": "conv", "e01": "dense", "e02": "conv"}),
        ({"e03": "conv"}, {"e03": "conv", "e12": "dense", "e23": "dense"}),
        # An unchanged tensor is the tensor.
        ({"e01": "skip", "e13": "conv"}, {"e03": "conv"}),
        ({"e01": "conv", "e12": "skip", "e23": "dense"}, {"e02": "conv", "e23": "dense"}),
        # The numbers of nodes do not count.
        (
            {"e01": "conv", "e13": "dense", "e03": "pool"},
            {"e02": "conv", "e23": "dense", "e03": "pool"},
        ),
        # Nor does the order of branches.
        (
            {"e01": "conv", "e13": "dense", "e02": "dense", "e23": "conv"},
            {"e01": "dense", "e13": "conv", "e02": "conv", "e23": "dense"},
        ),
        # Sums of sums are sums.
        (
            {"e01": "conv", "e02": "dense", "e12": "skip", "e23": "skip", "e03": "pool"},
            {"e01": "pool", "e13": "skip", "e02": "conv", "e23": "skip", "e03": "dense"},
        ),
        # The same pool of the same tensor twice is one pool.
        (
            {"e01": "pool", "e13": "conv", "e02": "pool", "e23": "dense"},
            {"e01": "pool", "e13": "conv", "e12": "skip", "e23": "dense"},
        ),
    ],
)  # fmt: skip
def test_equal_graphs_have_one_text(one, other):
    assert canonical(**one) == canonical(**other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"e03": "conv"}, {"e03": "dense"}),
        ({"e03": "conv"}, {"e03": "conv", "e01": "conv", "e13": "skip"}),
        ({"e03": "skip"}, {"e03": "skip", "e01": "skip", "e13": "skip"}),
        # Two convolutions with weights of their own are not one that is used twice.
        (
            {"e01": "conv", "e13": "dense", "e02": "conv", "e23": "conv"},
            {"e01": "conv", "e13": "dense", "e12": "skip", "e23": "conv"},
        ),
    ],
)
def test_different_graphs_have_different_texts(one, other):
    assert canonical(**one) != canonical(**other)


def test_without_a_path_there_is_no_text_and_no_wire():
    assert canonical(e01="conv", e23="conv") == ""
    assert cell(4).wires(values_of(e01="conv", e23="conv")) == []


def test_wires_are_what_takes_part():
    values = values_of(e01="conv", e13="skip", e02="dense")
    assert cell(4).wires(values) == [Wire(0, 1, "conv"), Wire(1, 3)]


def test_how_operands_are_joined_counts_where_there_are_several():
    add, concat = cell(3), cell(3, "=concat")
    one = {"cell_0_1": "none", "cell_0_2": "conv", "cell_1_2": "none"}
    assert add.canonical(one) == concat.canonical(one)
    two = {"cell_0_1": "conv", "cell_0_2": "conv", "cell_1_2": "skip"}
    assert add.canonical(two) != concat.canonical(two)


def test_further_labels_count_unless_the_operation_is_free():
    wiring = Wiring("chain", 1, 1, (Edge(0, 1, ("op", "width")),), KINDS)
    narrow, wide = ({"op": "conv", "width": width} for width in (8, 16))
    assert wiring.canonical(narrow) != wiring.canonical(wide)
    narrow, wide = ({"op": "pool", "width": width} for width in (8, 16))
    assert wiring.canonical(narrow) == wiring.canonical(wide)


def test_inactive_places_are_passed_by_or_cut():
    edges = (Edge(0, 1, ("a",)), Edge(1, 2, ("b",)))
    passed = Wiring("chain", 1, 2, edges, KINDS, absent="skip")
    assert passed.canonical({"a": "conv"}) == "conv!(in0)"
    assert Wiring("chain", 1, 2, edges, KINDS).canonical({"a": "conv"}) == ""


def tree(wiring: Wiring, values) -> str:
    """The expression of the output, whoever shares what: independent of the code."""
    nodes = {0: ["in0"]}
    for node in range(1, wiring.output + 1):
        terms = []
        for source in range(node):
            operation = values[f"cell_{source}_{node}"]
            below = nodes[source]
            if operation == "none" or not below:
                continue
            joined = below[0] if len(below) == 1 else f"add({','.join(below)})"
            terms += below if operation == "skip" else [f"{operation}({joined})"]
        nodes[node] = sorted(terms)
    return "+".join(nodes[wiring.output])


@pytest.fixture(scope="module")
def every_cell():
    wiring = cell(4)
    names = [edge.labels[0] for edge in wiring.edges]
    return [
        dict(zip(names, chosen, strict=True))
        for chosen in itertools.product(OPERATIONS, repeat=len(names))
    ]


def test_texts_refine_the_expressions_by_what_is_shared(every_cell):
    """Of all 15,625 cells: one text means one expression, and vice versa unless some
    cell of that expression shares an operation."""
    wiring = cell(4)
    texts = {id(v): wiring.canonical(v) for v in every_cell}
    expressions = defaultdict(set)
    trees = {}
    for values in every_cell:
        text, expression = texts[id(values)], tree(wiring, values)
        assert trees.setdefault(text, expression) == expression
        expressions[expression].add(text)
    for several in expressions.values():
        assert sum("#" not in text for text in several) <= 1
    assert len(trees) == 5_260


@given(
    st.lists(st.sampled_from(OPERATIONS), min_size=10, max_size=10),
    st.permutations([1, 2, 3]),
)
@settings(max_examples=200, deadline=None)
def test_renumbered_nodes_give_the_same_text(operations, order):
    """Wherever the new numbers keep every edge pointing forward."""
    wiring = cell(5)
    values = dict(zip((e.labels[0] for e in wiring.edges), operations, strict=True))
    moved = {0: 0, 4: 4, **dict(zip([1, 2, 3], order, strict=True))}
    renumbered = {edge.labels[0]: "none" for edge in wiring.edges}
    for edge in wiring.edges:
        source, target = moved[edge.source], moved[edge.target]
        operation = values[edge.labels[0]]
        if operation != "none":
            if source > target:
                return
            renumbered[f"cell_{source}_{target}"] = operation
    assert wiring.canonical(values) == wiring.canonical(renumbered)


def test_shared_operations_that_look_alike_are_named_in_the_least_way():
    """Three equal convolutions, each used by two of three readers, in any order."""
    texts = set()
    image = Term("in0")
    for order in itertools.permutations(range(3)):
        convs = [Term("conv", (image,), number) for number in order]
        readers = [
            Term(label, (merged("add", [convs[one], convs[other]]),), 10 + place)
            for place, (label, one, other) in enumerate(
                [("a", 0, 1), ("b", 1, 2), ("c", 0, 2)]
            )
        ]
        output = merged("add", readers)
        assert output is not None
        texts.add(text_of(output))
    assert len(texts) == 1


def test_the_key_of_a_space_sees_through_the_encoding():
    wiring = cell(3)
    space = SearchSpace(
        [
            Fixed("cell", wiring.to_text()),
            *(Choice(edge.labels[0], OPERATIONS) for edge in wiring.edges),
            Choice("rate", (0.1, 0.2)),
        ]
    )
    text = {"cell": wiring.to_text()}
    one = {**text, "cell_0_1": "conv", "cell_0_2": "none", "cell_1_2": "skip"}
    other = {**text, "cell_0_1": "none", "cell_0_2": "conv", "cell_1_2": "dense"}
    assert space.key({**one, "rate": 0.1}) == space.key({**other, "rate": 0.1})
    assert space.key({**one, "rate": 0.1}) != space.key({**other, "rate": 0.2})
    again = SearchSpace.from_json(space.to_json())
    assert again.wirings == space.wirings == (wiring,)


def test_an_inactive_architecture_changes_nothing():
    assert cell(3).replaced({"a": 1}) == {"a": 1}


def test_hashes_are_of_graphs_and_need_one():
    one, other = values_of(e03="conv"), values_of(e01="skip", e13="conv")
    assert architecture_hash(one) == architecture_hash({**other, "rate": 0.1})
    assert len(architecture_hash(one)) == 16
    assert readable(one)["cell"] == readable(other)["cell"]
    with pytest.raises(ValueError, match=r"\['rate'\]; expected those of a model with"):
        architecture_hash({"rate": 0.1})
