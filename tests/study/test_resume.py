"""A study goes on where it stopped."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from tests.study.studies import (
    HEADER,
    Place,
    Scripted,
    failed,
    opened,
    scored,
    states,
)
from tuner_component.errors import JournalError, StudyMismatchError
from tuner_component.outcome_file import write_outcome
from tuner_component.strategies.base import Suggest
from tuner_component.trial import (
    Reason,
    TrialState,
)


class TestResume:
    def test_trials_are_what_they_were(self, home):
        study = opened(home, Scripted(Suggest({"x": 1, "y": 0.1, "z": True, "s": "é"})))
        for score in (0.1, math.nan):
            study.tell(scored(study.ask(1)[0], score, report={"a": [1, None]}))
        study.ask(1)
        again = opened(home)
        assert again.trials == study.trials
        assert again.counts == {"COMPLETED": 1, "FAILED": 1, "PENDING": 1}

    def test_what_was_under_way_runs_again_first(self, home):
        jobs = opened(home).ask(2)
        again = opened(home)
        assert again.done is None
        repeated = again.ask(3)
        assert [job.trial_id for job in repeated] == ["0000", "0001", "0002"]
        for old, new in zip(jobs, repeated, strict=False):
            assert dataclasses.replace(old, attempt=1) == new
        assert again.ask(1)[0].trial_id == "0003"

    def test_attempts_cut_short_are_no_failures(self, home):
        for _ in range(5):
            (job,) = opened(home, max_trials=1, max_retries=1).ask(1)
        study = opened(home, max_trials=1, max_retries=1)
        (job,) = study.ask(1)
        assert job.attempt == 5
        study.tell(failed(job, Reason.INFRASTRUCTURE))
        (job,) = study.ask(1)
        assert job.attempt == 6
        assert study.tell(scored(job)).num_attempts == 2

    def test_an_outcome_that_nobody_heard_is_told(self, home):
        jobs = opened(home).ask(3)
        write_outcome(jobs[0].folder, scored(jobs[0], 0.25))
        write_outcome(jobs[1].folder, failed(jobs[1]))
        write_outcome(jobs[2].folder, scored(jobs[0], 9.0))
        study = opened(home)
        assert states(study) == ["COMPLETED", "FAILED", "PENDING"]
        assert study.trials[0].score == 0.25
        assert [job.trial_id for job in study.ask(1)] == ["0002"]
        assert opened(home).trials == study.trials

    def test_a_worker_that_died_after_writing_its_outcome_has_done_its_work(self, home):
        study = opened(home)
        (job,) = study.ask(1)
        write_outcome(job.folder, scored(job, 0.25))
        trial = study.tell(failed(job, Reason.INFRASTRUCTURE))
        assert (trial.state, trial.score) == (TrialState.COMPLETED, 0.25)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"trial_id": "0000"}', "null"])
    def test_a_damaged_outcome_is_run_again(self, home, text):
        (job,) = opened(home).ask(1)
        Path(job.folder, "outcome.json").write_text(text)
        assert opened(home).ask(1)[0].trial_id == "0000"

    def test_an_outcome_without_its_proposal_is_discarded(self, home):
        (job,) = opened(home).ask(1)
        write_outcome(job.folder, scored(job))
        journal = Path(home.folder, "journal.jsonl")
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:-1]))
        opened(home).ask(1)
        assert states(opened(home)) == ["PENDING"]

    def test_records_of_the_future_are_passed_over(self, home):
        study = opened(home)
        study.tell(scored(study.ask(1)[0]))
        home.journal.append({"type": "from_the_future", "at": 1.0, "what": []})
        home.journal.append({})
        assert opened(home).trials == study.trials

    def test_a_newer_form_is_refused(self, home):
        home.journal.append({"type": "study", "version": 2, "header": HEADER, "at": 1})
        with pytest.raises(StudyMismatchError, match="version 2; expected at most 1"):
            opened(home)

    def test_another_identity_is_refused(self, home):
        opened(home)
        with pytest.raises(StudyMismatchError, match="another search"):
            opened(Place(home.folder, {"space": "x"}))

    def test_a_journal_of_something_else_is_refused(self, home):
        home.journal.append({"type": "other"})
        with pytest.raises(StudyMismatchError, match="'other'"):
            opened(home)

    def test_a_second_writer_is_noticed(self, home):
        first = opened(home)
        opened(Place(home.folder))
        with pytest.raises(JournalError, match="Somebody else has written"):
            first.ask(1)
