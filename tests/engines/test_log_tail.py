"""What is shown of the log of a worker that died."""

from __future__ import annotations

import pytest

from tuner_component.engines.worker_log import tail

DEATH = "Fatal Python error: Segmentation fault"


def _frames(count):
    return [f'  File "module.py", line {line} in called' for line in range(count)]


@pytest.fixture
def shown(tmp_path):
    def make(*lines, start=0):
        log = tmp_path / "worker.log"
        log.write_text("".join(f"{line}\n" for line in lines))
        return tail(log, start).splitlines()

    return make


def test_the_last_lines_of_a_log_are_shown(shown):
    assert shown(*map(str, range(100))) == [str(k) for k in range(60, 100)]
    assert shown("a", "b") == ["a", "b"]


def test_of_a_death_the_beginning_is_shown(shown):
    found = shown("before", DEATH, "", "Current thread:", *_frames(90))
    assert found == [DEATH, "", "Current thread:", *_frames(37)]


def test_what_led_to_a_death_is_shown_as_far_as_there_is_room(shown):
    lines = ["before", DEATH, *_frames(10)]
    assert shown(*lines) == lines


def test_an_earlier_death_is_not_that_of_this_trial(shown):
    earlier = [DEATH, *_frames(60)]
    begin = sum(len(line) + 1 for line in earlier)
    assert shown(*earlier, "mine", start=begin) == ["mine"]


def test_a_log_that_is_gone_says_nothing(tmp_path):
    assert tail(tmp_path / "none.log") == ""
