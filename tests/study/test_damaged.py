"""Journals with lines lost or doubled, by a bad copy say."""

from __future__ import annotations

import pytest

from tests.study.studies import Place, opened, scored, states
from tuner_component.errors import JournalError


@pytest.fixture
def records(home):
    study = opened(home)
    for _ in range(2):
        study.tell(scored(study.ask(1)[0]))
    study.ask(1)
    return home.journal.read()


def _written(folder, records):
    place = Place(str(folder))
    for record in records:
        place.journal.append(record)
    return place


def test_a_trial_that_nobody_proposed_is_told(records, tmp_path):
    kept = [r for r in records if r.get("trial", {}).get("trial_id") != "0001"]
    assert len(kept) == len(records) - 1
    with pytest.raises(JournalError, match=r"'0001'.*is missing.*backup"):
        opened(_written(tmp_path / "copy", kept))


def test_what_is_there_twice_counts_once(records, tmp_path):
    study = opened(_written(tmp_path / "copy", records + records[1:]))
    assert states(study) == ["COMPLETED", "COMPLETED", "PENDING"]
    assert [trial.num_attempts for trial in study.trials] == [1, 1, 0]
    assert len(study._history.losses) == 2
