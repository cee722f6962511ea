from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from tuner_component.report.search import svg
from tuner_component.trial import Objective, Trial, TrialState

ACCURACY = Objective("val_accuracy", "max")


def trial(number, score, started_at):
    return Trial(
        f"{number:04d}",
        number,
        {},
        seed=0,
        state=TrialState.COMPLETED,
        score=score,
        loss=-score,
        started_at=started_at,
        duration_seconds=10.0,
    )


# The second began first and ended last but one.
TRIALS = [trial(0, 0.5, 105.0), trial(1, 0.7, 100.0), trial(2, 0.6, 190.0)]


def drawn(by_time):
    image = ElementTree.fromstring(svg(TRIALS, ACCURACY, by_time=by_time))
    tag = "{http://www.w3.org/2000/svg}"
    dots = [float(each.get("cx", "")) for each in image.iter(f"{tag}circle")]
    line = next(image.iter(f"{tag}polyline")).get("points", "").split()
    labels = [each.text for each in image.iter(f"{tag}text")]
    return dots, [tuple(map(float, point.split(","))) for point in line], labels


def test_scores_lie_by_number_or_by_when_their_trials_ended():
    dots, _, labels = drawn(by_time=False)
    assert dots == [48.0, 360.0, 672.0]
    assert "trial 2" in labels
    dots, _, labels = drawn(by_time=True)
    assert dots == [48 + 624 * 0.15, 48 + 624 * 0.1, 672.0]
    assert "100 s" in labels


def test_the_line_never_gets_worse():
    for by_time in (False, True):
        _, line, _ = drawn(by_time)
        heights = [y for _, y in line]  # less is higher up
        assert heights == sorted(heights, reverse=True)
        assert [x for x, _ in line] == sorted(x for x, _ in line)


def test_a_single_trial_has_one_label_below():
    texts = [each.text for each in _texts(svg(TRIALS[:1], ACCURACY))]
    assert [text for text in texts if text] == ["0.5", "0.5", "trial 0"]


def test_no_label_is_cut_off():
    scores = [-123456.7, -2345678.9]
    trials = [trial(number, score, 0.0) for number, score in enumerate(scores)]
    drawing = svg(trials, ACCURACY)
    left = float(ElementTree.fromstring(drawing).get("viewBox", "").split()[0])
    for each in _texts(drawing):
        if each.get("text-anchor") == "end":
            width = 7.2 * len(each.text or "")  # of a wide font
            assert float(each.get("x", "")) - width > left


def _texts(drawing):
    return list(
        ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    )
