"""A pool has more workers only where more is left than their start takes."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.engine_contract import make_job, outcomes_of, run_all
from tests.engines.pools import make_pool
from tests.engines.sessions import until
from tuner_component.engines.growth import Growth


def test_short_trials_stay_with_one_worker():
    growth = Growth(20, 1.0)
    growth.submitted()
    assert growth.num_workers(8, [0.5]) == 1
    growth.ended(0.6)  # It has made what the others share.
    for _ in range(19):
        growth.submitted()
        growth.ended(0.1)
        assert growth.num_workers(8, []) == 1


def test_few_long_trials_get_a_second_worker_after_two():
    growth = Growth(6, 4.0)
    for _ in range(2):
        growth.submitted()
        assert growth.num_workers(2, [3.0]) == 1
        growth.ended(3.0)
    assert growth.num_workers(2, []) == 2


def test_many_short_trials_get_more_workers_in_time():
    growth = Growth(1_000, 1.0)
    for _ in range(10):
        growth.submitted()
        growth.ended(0.2)
    assert growth.num_workers(8, []) == 8


def test_long_trials_get_all_workers_while_the_first_runs():
    growth = Growth(100, 1.0)
    growth.submitted()
    assert growth.num_workers(8, [1.9]) == 1
    assert growth.num_workers(8, [2.05]) == 3
    assert growth.num_workers(8, [2.5]) == 8


def test_a_first_trial_may_take_twice_as_long_to_begin_as_exploring():
    growth = Growth(20, 1.3)
    growth.submitted()
    assert growth.num_workers(8, [1.5]) == 1
    growth.ended(1.5)
    assert growth.num_workers(8, []) == 1


def test_workers_stay():
    growth = Growth(10, 1.0)
    growth.ended(2.0)
    growth.ended(2.0)
    assert growth.num_workers(4, []) == 4
    for _ in range(10):
        growth.submitted()
    assert growth.num_workers(4, []) == 4


@given(
    num_jobs=st.integers(1, 500),
    start=st.floats(0.01, 100),
    seconds=st.floats(0.001, 1000),
    most=st.integers(1, 64),
)
def test_each_worker_is_worth_its_start(num_jobs, start, seconds, most):
    growth = Growth(num_jobs, start)
    growth.ended(2 * start + seconds)
    number, left = growth.num_workers(most, []), num_jobs * seconds
    assert 1 <= number <= most
    if number > 1:
        assert left > 2 * (number - 1) * start * (1 - 1e-9)
    if number < most:
        assert left <= 2 * number * start * (1 + 1e-9)


@pytest.fixture
def pool(tmp_path):
    made = make_pool(tmp_path, num_workers=3)
    yield made
    made.close()


def explored(pool, folder):
    job = make_job(folder, "explore", do="score")
    run_all(pool, [dataclasses.replace(job, is_trial=False)])


def test_a_pool_that_grows_begins_with_one(pool, tmp_path):
    explored(pool, tmp_path)
    assert pool.num_slots == 3
    pool.grow(1)
    assert pool.num_slots == 1
    jobs = [make_job(tmp_path, f"t{i}", do="score") for i in range(3)]
    assert len(outcomes_of(run_all(pool, jobs))) == 3


def test_a_pool_grows_while_a_long_trial_runs(pool, tmp_path):
    explored(pool, tmp_path)
    pool.grow(10_000_000)
    assert pool.num_slots == 1
    pool.submit(make_job(tmp_path, "long", do="hang"))

    def has_grown():
        pool.wait(0.1)
        return pool.num_slots == 3

    until(has_grown)


def test_without_exploring_all_workers_start(pool):
    pool.grow(1)
    assert pool.num_slots == 3
