from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tuner_component.errors import (
    JournalError,
    PreflightError,
    StudyInUseError,
    StudyMismatchError,
)
from tuner_component.evaluation import Outcome
from tuner_component.strategies.base import Suggest
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective

HEADER = {
    "node": "Tuner",
    "space": {"units": "Int 1..8", "rate": "Float"},
    "code": "0123456789abcdef" * 4,
    "data": {"train": {"num_examples": 100, "sum": 1.0}},
}


class Endless:
    """Proposes the number of the trial."""

    def propose(self, history, count):
        return [Suggest({"x": len(history)})]


def begin(root, header=HEADER, resume="auto", same_data=None, num_trials=0) -> str:
    """Opens a home, runs trials in it, and returns its message."""
    with study_home.open_home(str(root), header, resume, same_data) as home:
        study = Study.open(home, Endless(), Objective("score", "max"), StudyLimits())
        for _ in range(num_trials):
            (job,) = study.ask(1)
            study.tell(Outcome(job.trial_id, job.attempt, {"score": 1.0}))
        return home.message


def folders(root) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def changed(**parts) -> dict:
    return {**HEADER, **parts}


def test_the_first_study_is_new(tmp_path):
    root = tmp_path / "not" / "there"
    with study_home.open_home(str(root), HEADER) as home:
        assert home.message == "New study. There is no earlier one."
        assert home.folder == str(root / folders(root)[0])
        assert home.folder.endswith("-0")
        assert home.header == HEADER
        assert home.journal.read() == []


def test_an_equal_study_is_continued(tmp_path):
    begin(tmp_path, num_trials=2)
    reordered = dict(reversed(HEADER.items()))
    with study_home.open_home(str(tmp_path), reordered) as home:
        assert len(home.journal.read()) == 6
    (name,) = folders(tmp_path)
    assert home.message == f"Continues study {name} with 2 ended trials."


def test_a_slash_at_the_end_of_the_root_changes_nothing(tmp_path):
    begin(tmp_path)
    with study_home.open_home(f"{tmp_path}/", HEADER) as home:
        assert home.folder == str(tmp_path / folders(tmp_path)[0])


def test_tuples_are_equal_to_lists(tmp_path):
    begin(tmp_path, changed(strategy=("a", 1)))
    assert begin(tmp_path, changed(strategy=["a", 1])).startswith("Continues")


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ({"node": "Other"}, ['node: "Tuner" -> "Other"']),
        ({"code": "f" * 64}, ["code: changed"]),
        (
            {"space": {"units": "Int 1..9", "kind": "Choice"}},
            [
                'space.units: "Int 1..8" -> "Int 1..9"',
                'space.rate: "Float" is gone',
                'space.kind: new, "Choice"',
            ],
        ),
        ({"extra": 1}, ["extra: new, 1"]),
        (
            {"data": {"train": {"num_examples": 101, "sum": 1.0}}},
            ["data.train.num_examples: 100 -> 101"],
        ),
    ],
)
def test_another_study_is_made_beside_and_the_difference_said(tmp_path, parts, lines):
    begin(tmp_path, num_trials=1)
    (name,) = folders(tmp_path)
    expected = (
        f"It differs from study {name} with 1 ended trial in {next(iter(parts))}:"
    )
    message = begin(tmp_path, changed(**parts))
    assert message.splitlines() == [
        f"New study. {expected}",
        *[f"  {line}" for line in lines],
    ]
    assert len(folders(tmp_path)) == 2
    assert begin(tmp_path).startswith(f"Continues study {name} ")


def test_the_nearest_study_is_compared(tmp_path):
    begin(tmp_path, changed(node="far", code="x", space={}))
    begin(tmp_path, changed(node="near"))
    begin(tmp_path, changed(node="far", code="y"))
    assert '"near" -> "Tuner"' in begin(tmp_path)


def test_data_is_compared_as_told(tmp_path):
    def same_data(one, other):
        return abs(one["train"]["sum"] - other["train"]["sum"]) < 0.1

    begin(tmp_path, same_data=same_data)
    close = changed(data={"train": {"num_examples": 100, "sum": 1.01}})
    far = changed(data={"train": {"num_examples": 100, "sum": 2.0}})
    with study_home.open_home(str(tmp_path), close, same_data=same_data) as home:
        assert home.message.startswith("Continues study")
        assert home.header == HEADER
    assert "data.train.sum: 1.0 -> 2.0" in begin(tmp_path, far, same_data=same_data)
    assert begin(tmp_path, close).startswith("New study.")


class TestResume:
    def test_never_begins_a_new_study_and_auto_continues_the_newest(self, tmp_path):
        begin(tmp_path)
        first = folders(tmp_path)[0]
        message = begin(tmp_path, resume="never", num_trials=3)
        assert message == (
            f"New study. Study {first} with 0 ended trials is of the same search; it is "
            "left as it is."
        )
        assert folders(tmp_path) == [first, f"{first[:-1]}1"]
        assert begin(tmp_path) == f"Continues study {first[:-1]}1 with 3 ended trials."

    def test_must_continues(self, tmp_path):
        begin(tmp_path)
        assert begin(tmp_path, resume="must").startswith("Continues")

    def test_must_says_what_differs(self, tmp_path):
        begin(tmp_path)
        with pytest.raises(StudyMismatchError, match="differs from study") as error:
            begin(tmp_path, changed(node="Other"), resume="must")
        assert 'node: "Tuner" -> "Other"' in str(error.value)
        assert len(folders(tmp_path)) == 1

    def test_must_says_that_there_is_none(self, tmp_path):
        with pytest.raises(StudyMismatchError, match="There is no earlier one"):
            begin(tmp_path / "x", resume="must")
        assert folders(tmp_path) == []


class TestDamage:
    @pytest.fixture
    def root(self, tmp_path):
        begin(tmp_path, num_trials=1)
        (journal,) = tmp_path.glob("*/journal.jsonl")
        data = journal.read_bytes()
        journal.write_bytes(b"?" + data[1:])
        return tmp_path

    def test_a_damaged_journal_is_not_passed_over(self, root):
        with pytest.raises(JournalError, match=r"Record 0 .*resume=\"never\""):
            begin(root)

    def test_a_new_study_is_possible(self, root):
        assert begin(root, resume="never").startswith("New study.")

    def test_another_search_is_not_disturbed(self, root):
        assert begin(root, changed(node="Other")).startswith("New study.")

    def test_a_folder_without_a_record_is_taken(self, tmp_path):
        with study_home.open_home(str(tmp_path), HEADER):
            pass
        begin(tmp_path)
        assert len(folders(tmp_path)) == 1

    def test_other_folders_are_left_alone(self, tmp_path):
        (tmp_path / "logs").mkdir()
        (tmp_path / "note.txt").write_text("x")
        begin(tmp_path)
        assert begin(tmp_path).startswith("Continues")


@pytest.mark.parametrize("root", ["file/x", "file"])
def test_an_unusable_root_is_said_before_anything_runs(tmp_path, root):
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(PreflightError, match="study_dir") as error,
        study_home.open_home(str(tmp_path / root), HEADER),
    ):
        pass
    assert str(tmp_path / root) in str(error.value)


def test_an_error_of_the_search_is_not_taken_for_one_of_the_home(tmp_path):
    with (
        pytest.raises(OSError, match="of the search"),
        study_home.open_home(str(tmp_path), HEADER),
    ):
        raise OSError("of the search")
    assert begin(tmp_path).startswith("Continues")


HOLDER = """
import json, os, sys
from tuner_component.study import home as study_home
with study_home.open_home(sys.argv[1], json.loads(sys.argv[3])):
    if sys.argv[2] == "fork" and os.fork() == 0:
        print("forked", flush=True)
        sys.stdin.read()
        os._exit(0)
    if sys.argv[2] == "plain":
        print(os.getpid(), flush=True)
    sys.stdin.read()
"""


def holder(root, mode="plain"):
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root), mode, json.dumps(HEADER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class TestLock:
    def test_a_second_live_process_is_told_of_the_first(self, tmp_path):
        with holder(tmp_path) as process:
            pid = process.stdout.readline().strip()
            with pytest.raises(StudyInUseError, match=f"process {pid} on host"):
                begin(tmp_path)
            assert begin(tmp_path, changed(node="Other")).startswith("New study.")
            process.stdin.close()
            process.wait()
            assert begin(tmp_path).startswith("Continues")

    def test_the_same_process_too(self, tmp_path):
        with study_home.open_home(str(tmp_path), HEADER):  # noqa: SIM117
            with pytest.raises(StudyInUseError, match=f"process {os.getpid()} "):
                begin(tmp_path)
        begin(tmp_path)

    @pytest.mark.parametrize("mode", ["plain", "fork"])
    def test_a_killed_process_leaves_no_lock(self, tmp_path, mode):
        with holder(tmp_path, mode) as process:
            process.stdout.readline()
            process.kill()
            process.wait()
            assert begin(tmp_path).startswith("Continues")
            process.stdin.close()


@pytest.mark.parametrize(
    ("state", "is_continued"),
    [("FAILED", False), ("COMPLETED", True), ("PAUSED", True)],
)
def test_a_study_with_failures_only_is_not_continued(tmp_path, state, is_continued):
    with study_home.open_home(str(tmp_path), HEADER) as first:
        first.journal.append({"type": "study", "at": 1.0, "header": HEADER})
        first.journal.append({"type": "proposed", "at": 2.0})
        outcome = {"trial_id": "0000"}
        ended = {"type": "ended", "at": 3.0, "state": state, "outcome": outcome}
        first.journal.append(ended)
    with study_home.open_home(str(tmp_path), HEADER) as second:
        assert (second.folder == first.folder) is is_continued
        assert ("none completed" in second.message) is not is_continued


def test_a_trial_of_several_rungs_is_one(tmp_path):
    with study_home.open_home(str(tmp_path), HEADER) as first:
        first.journal.append({"type": "study", "at": 1.0, "header": HEADER})
        for state in ("PAUSED", "COMPLETED"):
            outcome = {"trial_id": "0000"}
            ended = {"type": "ended", "at": 3.0, "state": state, "outcome": outcome}
            first.journal.append(ended)
    with study_home.open_home(str(tmp_path), HEADER) as second:
        assert "with 1 ended trial" in second.message
