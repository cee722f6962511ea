from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tuner_component import nas
from tuner_component.progress import table
from tuner_component.report import architecture
from tuner_component.report.page import document
from tuner_component.trial import Objective, Trial, TrialState

OBJECTIVE = Objective("val_loss", "min")
CELL = nas.Cell({"none": nas.none, "skip": nas.skip, "a<b": lambda x, _: x})


def trial(number, loss, **edges):
    values = {"rate": 0.1, "cell": CELL.wiring.to_text()}
    values |= {edge.labels[0]: "none" for edge in CELL.wiring.edges}
    return Trial(
        f"{number:04d}",
        number,
        {**values, **edges},
        seed=0,
        state=TrialState.COMPLETED,
        score=loss,
        loss=loss,
        metrics={"val_loss": loss},
    )


TRIALS = [
    trial(0, 0.4, cell_0_1="a<b", cell_1_3="skip", cell_0_3="a<b", cell_0_2="skip"),
    trial(1, 0.3, cell_0_2="a<b", cell_2_3="a<b"),
    trial(2, 0.5, cell_0_1="a<b", cell_1_3="a<b"),
]


def texts(image: str) -> list[str]:
    return [
        each.text or "" for each in ElementTree.fromstring(image).iter() if each.text
    ]


def test_only_what_takes_part_is_drawn():
    drawn = texts(architecture.svg(TRIALS[0].values))
    assert sorted(drawn) == ["1", "a<b", "a<b", "cell: joined by add", "in0", "out"]


def test_wires_between_the_same_nodes_share_a_line():
    branches = nas.Branches({"a": lambda x, _: x}, max_branches=1, max_depth=1)
    hp = {"branches": branches.wiring.to_text(), "branches_0_0": "a"}
    hp |= {"branches_merge": "concat", "branches_past": True}
    drawn = texts(architecture.svg(hp))
    assert "branches: joined by concat" in drawn
    assert {"a", "in0", "1", "out"} <= set(drawn)


def test_an_architecture_is_needed():
    with pytest.raises(ValueError, match="expected those of a model with an archit"):
        architecture.svg({"rate": 0.1})


def test_the_report_draws_the_best_one():
    page = document(TRIALS, OBJECTIVE, "search", "max_trials=3")
    assert "Architecture of trial 0001" in page
    assert nas.architecture_hash(TRIALS[1].values) in page
    assert "architecture: {" not in page


def test_without_an_architecture_the_report_has_no_drawing_of_one():
    plain = [Trial(**{**vars(TRIALS[0]), "values": {"rate": 0.1}})]
    assert "Architecture" not in document(plain, OBJECTIVE, "search", "done")


def test_tables_show_equal_architectures_as_equal():
    rows = table(TRIALS, OBJECTIVE).splitlines()
    head = rows[0].split()
    column = head.index("cell")
    shown = {row.split()[0]: row.split()[column] for row in rows[1:]}
    assert shown["0001"] == shown["0002"] != shown["0000"]
    assert len(shown["0001"]) == 8
