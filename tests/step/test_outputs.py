from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tuner_component.step import outputs
from tuner_component.trial import (
    REPEAT_OF,
    Fidelity,
    Measurement,
    Reason,
    Trial,
    TrialError,
    TrialState,
)

_CONFIG = {"space": [], "values": {"units": 8}}


def _trial(number, state, loss=None, **more):
    return Trial(
        f"{number:04d}",
        number,
        more.pop("values", {"units": 8}),
        seed=number,
        state=state,
        score=None if loss is None else -loss,
        loss=loss,
        **more,
    )


@pytest.fixture
def trials():
    return [
        _trial(0, TrialState.COMPLETED, -0.5, note={"oracle_state": {"big": 1}}),
        _trial(
            1,
            TrialState.FAILED,
            error=TrialError(Reason.NON_FINITE, "the objective is nan"),
            measurements=(Measurement(1, {"loss": float("nan")}),),
        ),
        _trial(2, TrialState.COMPLETED, -0.9, values={"score": 3, "units": 4}),
    ]


def _strict(text):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_the_winner_is_the_only_file(tmp_path):
    best = _trial(0, TrialState.COMPLETED, 0.1, report={"hyperparameters": _CONFIG})
    path = outputs.write_best_hyperparameters(str(tmp_path / "best"), best)
    assert [p.name for p in (tmp_path / "best").iterdir()] == [
        "best_hyperparameters.txt"
    ]
    assert _strict(Path(path).read_text()) == _CONFIG


def test_the_results_have_the_stock_form(tmp_path, trials):
    path = outputs.write_tuner_results(str(tmp_path), trials)
    assert _strict(Path(path).read_text()) == [
        {"trial_id": "0002", "score": 0.9, "hyperparameter/score": 3, "units": 4},
        {"trial_id": "0000", "score": 0.5, "units": 8},
    ]


def test_the_results_say_how_much_training_a_score_had(tmp_path):
    trials = [
        _trial(0, TrialState.COMPLETED, 0.5, fidelity=Fidelity("epochs", 9, 9)),
        _trial(1, TrialState.PAUSED, 0.4, fidelity=Fidelity("epochs", 3, 9)),
        _trial(2, TrialState.COMPLETED, 0.6),
    ]
    path = outputs.write_tuner_results(str(tmp_path), trials)
    rows = _strict(Path(path).read_text())
    assert [row.get("tuner/resource") for row in rows] == [None, None, 3]


def test_the_record_holds_every_trial(tmp_path, trials):
    trials[2] = dataclasses.replace(trials[2], note={REPEAT_OF: "0000"})
    path = outputs.write_trial_record(str(tmp_path), trials, {"best": "0002"}, "<p>")
    records = [_strict(line) for line in Path(path).read_text().splitlines()]
    assert [r["trial_id"] for r in records] == ["0000", "0001", "0002"]
    assert [r["state"] for r in records] == ["COMPLETED", "FAILED", "COMPLETED"]
    assert records[1]["error"]["reason"] == "non_finite"
    assert records[1]["measurements"][0]["metrics"] == {"loss": "NaN"}
    assert [r["seed"] for r in records] == [0, 1, 2]
    assert "note" not in records[0]
    assert [r["repeat_of"] for r in records] == [None, None, "0000"]
    assert {frozenset(r) for r in records} == {frozenset(records[0])}
    assert records[0]["error"] is None
    assert _strict((tmp_path / "summary.json").read_text()) == {"best": "0002"}
