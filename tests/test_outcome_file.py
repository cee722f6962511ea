from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import discard_outcome, read_outcome, write_outcome
from tuner_component.trial import Measurement, Reason, TrialError

OUTCOME = Outcome(
    "0003",
    1,
    metrics={"score": 0.5},
    measurements=(Measurement(1.0, {"score": 0.25}, 2.0),),
    error=TrialError(Reason.TIMEOUT, "é", "trace"),
    started_at=1.5,
    report={"a": [1]},
)


def test_an_outcome_comes_back(tmp_path):
    folder = str(tmp_path / "trials" / "0003")
    assert read_outcome(folder) is None
    write_outcome(folder, OUTCOME)
    assert read_outcome(folder) == OUTCOME
    write_outcome(folder, Outcome("0003", 2))
    assert read_outcome(folder) == Outcome("0003", 2)
    assert [path.name for path in Path(folder).iterdir()] == ["outcome.json"]


def test_the_file_is_strict_json(tmp_path):
    write_outcome(str(tmp_path), Outcome("0", 0, metrics={"score": math.nan}))
    text = (tmp_path / "outcome.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["metrics"] == {"score": "NaN"}


def test_a_write_that_fails_leaves_the_earlier_one(tmp_path, monkeypatch):
    write_outcome(str(tmp_path), OUTCOME)

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_outcome(str(tmp_path), Outcome("0003", 2))
    assert read_outcome(str(tmp_path)) == OUTCOME


def test_cut_anywhere_it_is_no_outcome(tmp_path):
    write_outcome(str(tmp_path), OUTCOME)
    path = tmp_path / "outcome.json"
    data = path.read_bytes()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        assert read_outcome(str(tmp_path)) is None


def test_a_discarded_outcome_is_gone(tmp_path):
    discard_outcome(str(tmp_path))
    write_outcome(str(tmp_path), OUTCOME)
    discard_outcome(str(tmp_path))
    assert read_outcome(str(tmp_path)) is None
