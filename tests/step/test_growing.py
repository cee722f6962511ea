"""Who says how many trials run at once gets them; else the pool may begin with one."""

from __future__ import annotations

import dataclasses
import types

import pytest

from tests.contracts.engine_contract import make_job, run_all
from tests.engines.pools import make_pool
from tuner_component import Search
from tuner_component.step import run
from tuner_component.step.search_plan import Effort
from tuner_component.trial import Trial, TrialState

TUNE_ARGS = '{"num_parallel_trials": 3}'


@pytest.fixture
def pool(tmp_path):
    made = make_pool(tmp_path, num_workers=3)
    job = make_job(tmp_path, "explore", do="score")
    run_all(made, [dataclasses.replace(job, is_trial=False)])
    yield made
    made.close()


def trials(count, state=TrialState.COMPLETED):
    return [Trial(f"t{k}", k, {}, 0, state=state) for k in range(count)]


def let_grow(
    pool, *, num_expected, trials=(), search=None, tune_args=None, num_rungs=1
):
    request = types.SimpleNamespace(
        search=search or Search(), properties={"tune_args": tune_args}
    )
    effort = Effort(num_expected, num_rungs)
    plan = types.SimpleNamespace(num_expected=num_expected, effort=effort)
    run._let_grow(request, pool, plan, types.SimpleNamespace(trials=trials))
    return pool.num_slots


def test_it_begins_with_one_worker(pool):
    assert let_grow(pool, num_expected=2) == 1


@pytest.mark.parametrize(
    "said", [{"search": Search(parallelism=3)}, {"tune_args": TUNE_ARGS}]
)
def test_what_the_user_says_holds(pool, said):
    assert let_grow(pool, num_expected=2, **said) == 3


def test_nobody_knows_how_many_trials_there_will_be(pool):
    assert let_grow(pool, num_expected=None) == 3


def test_trials_that_go_on_get_all_workers(pool):
    assert let_grow(pool, num_expected=2, num_rungs=3) == 3


def test_what_has_ended_is_not_to_come(pool, monkeypatch):
    seen = []
    monkeypatch.setattr(type(pool), "grow", lambda _, number: seen.append(number))
    study = [*trials(4), *trials(2, TrialState.PENDING)]
    let_grow(pool, num_expected=10, trials=study)
    assert seen == [6]
