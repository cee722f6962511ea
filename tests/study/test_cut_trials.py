"""A trial that ends the search each time does not keep it from going on."""

from __future__ import annotations

import pytest

from tests.study.studies import MAX, Counting, opened, scored, states
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Reason


def _cut(home, times, *, finished=False, max_deaths=5):
    """Lets the search die so often while its first trial is under way."""
    for _ in range(times):
        study = opened(home, max_deaths=max_deaths)
        (job,) = study.ask(1)
        assert job.trial_id == "0000"
        if finished:
            study.finish("max_seconds=1 is reached")


def test_it_fails_when_the_search_has_died_five_times(home):
    _cut(home, 5)
    study = opened(home, max_deaths=5)
    assert states(study) == ["FAILED"]
    error = study.trials[0].error
    assert error.reason is Reason.INFRASTRUCTURE
    assert "The search died 5 times" in error.message
    assert [job.trial_id for job in study.ask(1)] == ["0001"]
    assert states(opened(home, max_deaths=5)) == ["FAILED", "PENDING"]


@pytest.mark.parametrize(("times", "limits"), [(4, {"max_deaths": 5}), (9, {})])
def test_not_before(home, times, limits):
    _cut(home, times, max_deaths=limits.get("max_deaths"))
    (job,) = opened(home, **limits).ask(1)
    assert (job.trial_id, job.attempt) == ("0000", times)


def test_a_search_whose_time_was_over_has_not_died(home):
    _cut(home, 9, finished=True)
    assert [job.trial_id for job in opened(home, max_deaths=5).ask(1)] == ["0000"]


def test_an_outcome_begins_the_count_anew(home):
    _cut(home, 4)
    study = opened(home, max_deaths=5)
    study.tell(scored(study.ask(1)[0]))
    for _ in range(4):
        assert opened(home, max_deaths=5).ask(1)[0].trial_id == "0001"
    assert states(opened(home, max_deaths=5)) == ["COMPLETED", "PENDING"]


def test_what_was_not_under_way_is_not_counted(home):
    opened(home, max_deaths=5).ask(3)
    _cut(home, 4)
    study = opened(home, max_deaths=5)
    assert states(study) == ["FAILED", "PENDING", "PENDING"]
    assert [job.trial_id for job in study.ask(3)] == ["0001", "0002", "0003"]


def test_a_suspect_runs_alone(home):
    for _ in range(4):
        assert len(opened(home, max_deaths=5).ask(2)) == 2
    study = opened(home, max_deaths=5)
    (job,) = study.ask(2)
    assert (job.trial_id, study.ask(2)) == ("0000", [])
    study.tell(scored(job))
    (job,) = study.ask(2)
    assert (job.trial_id, study.ask(2)) == ("0001", [])
    study = opened(home, max_deaths=5)  # It has died once more.
    assert states(study) == ["COMPLETED", "FAILED"]
    assert len(study.ask(2)) == 2


def _opened_knowing(home, *cut):
    """Opens the study where somebody knows which trials were under way."""
    limits = StudyLimits(max_deaths=5)
    return Study.open(home, Counting(), MAX, limits, cut=cut)


def test_where_it_is_known_what_was_under_way_nothing_else_is_counted(home):
    _opened_knowing(home).ask(4)
    for _ in range(4):
        assert len(_opened_knowing(home, "0002").ask(4)) in (1, 4)
    study = _opened_knowing(home, "0002")
    assert states(study) == ["PENDING", "PENDING", "FAILED", "PENDING"]
    assert "The search died 5 times" in study.trials[2].error.message
    assert [job.trial_id for job in study.ask(3)] == ["0000", "0001", "0003"]
    assert not [r for r in home.journal.read() if r["type"] == "handed_out"]
