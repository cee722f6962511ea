from __future__ import annotations

import pytest

from tests.chaos import killer


@pytest.mark.slow
def test_many_kills_lose_nothing_and_repeat_nothing(tmp_path):
    tally, same = killer.main(tmp_path, num_kills=24)
    assert tally.kills >= 24
    assert (tally.lost, tally.begun_again) == (0, 0)
    assert all(same)


def test_a_few_kills(tmp_path):
    tally, same = killer.main(tmp_path, num_kills=4, seed=1)
    assert (tally.lost, tally.begun_again) == (0, 0)
    assert all(same)
