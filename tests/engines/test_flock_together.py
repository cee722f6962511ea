"""Workers of a flock that do several jobs at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.engine_contract import make_job, outcomes_of, run_all
from tests.engines.flocks import end, join, make_flock, start_worker
from tuner_component.evaluation import Outcome

pytestmark = pytest.mark.slow
EVALUATOR = "tests.engines.together_evaluators:make"


@pytest.fixture
def flock(tmp_path):
    root = tmp_path / "flock"
    made = make_flock(root, 4, evaluator=EVALUATOR, together=4)
    worker = start_worker(root, "w0")
    yield made
    made.close()
    if worker.poll() is None and join(worker)[0]:
        end(worker)


def jobs(folder, *actions):
    return [make_job(folder, f"t{k}", do=do) for k, do in enumerate(actions)]


def together(events):
    return [o.report.get("together") for _, o in sorted(outcomes_of(events).items())]


def letters(folder):
    return list((folder / "flock" / "to").glob("*/*"))


def test_what_a_worker_has_waiting_is_done_at_once(flock, tmp_path):
    """The first jobs wait until the worker has all of them."""
    for job in jobs(tmp_path, "wait", "score", "score", "score"):
        flock.submit(job)
    events, started = [], False
    while sum(isinstance(event, Outcome) for event in events) < 4:
        events += flock.wait(0.1)
        started = started or bool(events)
        if started and not letters(tmp_path):
            (tmp_path / "go").touch()
    assert together(events) in ([4] * 4, [1, 3, 3, 3], [2, 2, 2, 2], [3, 3, 3, 1])
    assert all(o.error is None for o in outcomes_of(events).values())


@pytest.mark.parametrize("what", ["die", "break", "raise"])
def test_whatever_happens_the_others_end_well(flock, tmp_path, what):
    events = run_all(flock, jobs(tmp_path, *["score"] * 5, what, *["score"] * 5))
    errors = {t: o.error for t, o in outcomes_of(events).items() if o.error}
    assert len(outcomes_of(events)) == 11
    assert not errors or (what == "raise" and list(errors) == ["t5"])
    assert {o.attempt for o in outcomes_of(events).values()} == {0}


def test_a_worker_that_cannot_says_so(flock, tmp_path):
    events = run_all(flock, jobs(tmp_path, *["alone"] * 30))
    assert together(events) == [1] * 30
    (member,) = flock._members.values()
    assert member.num_free == 1


def test_jobs_have_what_they_leave_in_their_folders(flock, tmp_path):
    events = run_all(flock, jobs(tmp_path, *["score"] * 9))
    marks = len(list(Path(tmp_path).glob("t*/together")))
    assert marks == sum(size > 1 for size in together(events))
