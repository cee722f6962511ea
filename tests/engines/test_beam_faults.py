"""What happens to searches on Beam when machines and storages fail."""

from __future__ import annotations

import platform
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.contracts.engine_contract import make_job
from tests.engines.beam_searches import Case, arguments, on_beam
from tests.engines.flocks import EVALUATOR
from tests.engines.noting import counts
from tests.engines.storages import Flaky
from tuner_component.engines.beam import memo
from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.engines.beam.workshop import Workshop
from tuner_component.errors import EngineError, JournalError
from tuner_component.trial import Reason, TrialState

NUM_TRIALS = 8


def _case(notes, **settings):
    notes.mkdir(exist_ok=True)
    return Case(
        max_trials=NUM_TRIALS,
        num_rounds=1,
        evaluator="tests.engines.noting:make_noting",
        settings={"notes": str(notes), **settings},
    )


def _kept(study: Path) -> set[str]:
    """Returns the trials whose outcomes are kept."""
    return {path.name.split("-")[0] for path in study.glob("*/beam/outcomes/*")}


def test_a_storage_that_fails_now_and_then_costs_no_trial(tmp_path, monkeypatch):
    storages = []
    open_storage = memo.open_storage

    def open_flaky(root):
        storages.append(Flaky(open_storage(root), 0.1, seed=len(storages)))
        return storages[-1]

    monkeypatch.setattr(memo, "open_storage", open_flaky)
    case = _case(tmp_path / "notes")
    trials, _ = on_beam(tmp_path / "study", case, submitter(arguments()))
    assert sum(storage.num_failed for storage in storages) > 0
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * NUM_TRIALS
    assert set(counts(tmp_path / "notes").values()) == {1}


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_ends_the_search_which_goes_on_when_there_is_room(
    tmp_path, small_disk
):
    filler, notes = small_disk / "filler", tmp_path / "notes"
    case = _case(notes, fill=str(filler))
    with pytest.raises((OSError, EngineError, JournalError), match="No space left"):
        on_beam(small_disk / "study", case, submitter(arguments()))
    before, ended = counts(notes), _kept(small_disk / "study")
    assert 3 <= len(ended) < NUM_TRIALS
    filler.unlink()
    trials, _ = on_beam(small_disk / "study", case, submitter(arguments()))
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * NUM_TRIALS
    after = counts(notes)
    assert {trial: after[trial] for trial in ended} == {t: before[t] for t in ended}


def test_a_worker_without_room_for_another_process_says_so(tmp_path, monkeypatch):
    workshop, order = Workshop(), Order(str(tmp_path), "x", "", {}, EVALUATOR, {})
    missing = str(tmp_path / "missing")
    try:
        monkeypatch.setattr(tempfile, "tempdir", missing)
        error = workshop.run(order, make_job(tmp_path, do="score")).error
        assert error.reason is Reason.INFRASTRUCTURE
        assert f"{platform.node()} cannot be worked on: " in error.message
        assert missing in error.message
        monkeypatch.undo()
        assert workshop.run(order, make_job(tmp_path, do="score")).error is None
    finally:
        workshop.close()
