from __future__ import annotations

import math
import re

from tuner_component.report import curves
from tuner_component.report.page import document
from tuner_component.trial import (
    Fidelity,
    Measurement,
    Objective,
    RungResult,
    Trial,
    TrialState,
)

LOSS = Objective("val_loss", "min")


def _trial(number, losses, state=TrialState.PAUSED):
    return Trial(
        f"{number:04d}",
        number,
        {"units": number},
        0,
        state,
        fidelity=Fidelity("epochs", len(losses), 9),
        score=losses[-1],
        loss=losses[-1],
        measurements=tuple(
            Measurement(epoch + 1, {"val_loss": loss})
            for epoch, loss in enumerate(losses)
        ),
        rungs=tuple(RungResult(r, 0.0) for r in (1, 3) if r <= len(losses)),
    )


TRIALS = [_trial(0, [0.9]), _trial(1, [0.8, 0.5, 0.4]), _trial(2, [0.7, math.nan, 0.2])]


def test_every_trial_has_a_curve_and_survivors_are_darker_and_on_top():
    drawing = curves.drawing(TRIALS, LOSS)
    lines = re.findall(r'points="([^"]+)" fill="none" stroke="([^"]+)"', drawing)
    assert [len(points.split()) for points, _ in lines] == [1, 3, 2]
    assert lines[1][1] == lines[2][1] != lines[0][1]
    assert "trial 0002" in drawing
    heights = [float(p.split(",")[1]) for p in lines[1][0].split()]
    assert heights == sorted(heights)


def test_where_all_got_as_far_all_are_dark():
    drawing = curves.drawing([_trial(0, [0.9, 0.8]), _trial(1, [0.8, 0.5])], LOSS)
    assert re.findall(r'stroke="([^"]+)"', drawing) == ["#1f7a45", "#1f7a45"]


def test_the_numbers_at_the_left_have_room():
    drawing = curves.drawing([_trial(0, [-123456.7, -2345678.9])], LOSS)
    left = float(re.findall(r'viewBox="(\S+) ', drawing)[0])
    (place, text), *_ = re.findall(r'<text x="(\d+)"[^>]*>(-[^<]+)<', drawing)
    assert float(place) - 7.2 * len(text) > left


def test_where_nothing_is_a_curve_there_is_no_chart():
    assert curves.drawing(TRIALS[:1], LOSS) == ""
    assert curves.drawing([], LOSS) == ""


def test_the_table_shows_the_rungs():
    page = document(TRIALS, LOSS, "Tuner", "one is left")
    assert "<th>epochs</th>" in page
    assert "<td>1, 3</td>" in page
    assert "<td>1</td>" in page
