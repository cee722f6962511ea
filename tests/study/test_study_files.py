"""What a study writes, keeps and removes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.study.studies import (
    HEADER,
    MAX,
    Counting,
    failed,
    opened,
    scored,
    states,
)
from tuner_component.errors import JournalError
from tuner_component.outcome_file import write_outcome
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import (
    Reason,
)


class TestRecords:
    def test_what_is_on_record(self, home):
        study = Study.open(
            home,
            Counting(1),
            MAX,
            StudyLimits(max_trials=7),
            {"a": 1},
            clock=lambda: 5.0,
        )
        (job,) = study.ask(1)
        study.tell(failed(job, Reason.INFRASTRUCTURE))
        study.tell(scored(study.ask(1)[0]))
        study.finish("all 1")
        records = home.journal.read()
        assert [record["type"] for record in records] == [
            "study",
            "session",
            "proposed",
            "attempt_failed",
            "ended",
            "finished",
        ]
        assert {record["at"] for record in records} == {5.0}
        assert records[0]["header"] == HEADER
        assert records[1]["limits"] == {"max_trials": 7}
        assert records[1]["options"] == {"a": 1}
        assert "numpy" in records[1]["versions"]
        assert records[3]["outcome"]["error"]["reason"] == "infrastructure"
        assert records[4]["state"] == "COMPLETED"
        assert records[5]["reason"] == "all 1"


class TestPruning:
    def run(self, home, scores, strategy=None, **limits) -> Study:
        study = opened(home, strategy, **limits)
        for job, score in zip(study.ask(len(scores)), scores, strict=True):
            Path(job.folder, "weights").mkdir()
            Path(job.folder, "weights", "w.h5").write_bytes(b"w")
            Path(job.folder, "model.keras").write_bytes(b"m")
            if score is not None:
                write_outcome(job.folder, scored(job, score))
                study.tell(scored(job, score))
        study.prune_checkpoints()
        return study

    def kept(self, study) -> list[int]:
        return [
            trial.number
            for trial in study.trials
            if Path(study.folder_of(trial.trial_id), "weights", "w.h5").exists()
        ]

    @pytest.mark.parametrize(("keep", "kept"), [(1, [1, 4]), (2, [1, 3, 4])])
    def test_the_best_and_the_live_keep_their_files(self, home, keep, kept):
        scores = [1.0, 5.0, math.nan, 4.0, None]
        study = self.run(home, scores, keep_checkpoints=keep)
        assert self.kept(study) == kept
        for trial in study.trials[:4]:
            outcome = Path(study.folder_of(trial.trial_id), "outcome.json")
            assert json.loads(outcome.read_text())["trial_id"] == trial.trial_id

    def test_a_strategy_protects_what_it_needs(self, home):
        study = self.run(home, [1.0, 2.0, 3.0], Counting(keeps=("0000",)))
        assert self.kept(study) == [0, 2]

    def test_a_trial_that_is_overtaken_loses_its_files(self, home):
        study = self.run(home, [1.0])
        assert self.kept(study) == [0]
        (job,) = study.ask(1)
        Path(job.folder, "weights").mkdir()
        Path(job.folder, "weights", "w.h5").write_bytes(b"w")
        study.tell(scored(job, 2.0))
        study.prune_checkpoints()
        assert self.kept(study) == [1]
        assert not Path(study.folder_of("0000"), "model.keras").exists()


def test_a_disk_that_is_full_is_an_error_and_loses_nothing(home, monkeypatch):
    study = opened(home)
    (job,) = study.ask(1)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", fail)
        with pytest.raises(JournalError, match="No space left"):
            study.tell(scored(job))
    assert states(study) == ["PENDING"]
