from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner_component.evaluation import Job, Outcome
from tuner_component.records import decode, encode
from tuner_component.trial import (
    Fidelity,
    Measurement,
    Reason,
    Trial,
    TrialError,
    TrialState,
)

_NAMES = st.text(max_size=8)
_VALUES = st.one_of(
    st.text(max_size=5),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
_METRICS = st.dictionaries(_NAMES, st.floats(), max_size=3)


@st.composite
def _trials(draw):
    return Trial(
        trial_id=draw(_NAMES),
        number=draw(st.integers(0, 9)),
        values=draw(st.dictionaries(_NAMES, _VALUES, max_size=3)),
        seed=draw(st.integers(0, 9)),
        state=draw(st.sampled_from(TrialState)),
        fidelity=draw(st.none() | st.builds(Fidelity, _NAMES, st.floats(1, 9))),
        score=draw(st.none() | st.floats(-1, 1)),
        metrics=draw(_METRICS),
        measurements=tuple(
            draw(
                st.lists(st.builds(Measurement, st.floats(1, 9), _METRICS), max_size=2)
            )
        ),
        error=draw(
            st.none() | st.builds(TrialError, st.sampled_from(Reason), _NAMES, _NAMES)
        ),
        note=draw(st.dictionaries(_NAMES, st.lists(st.integers(0, 3)), max_size=2)),
    )


def _same(one, other):
    return json.dumps(encode(one)) == json.dumps(encode(other)) and type(one) is type(
        other
    )


@given(_trials())
def test_a_trial_survives_strict_json(trial):
    text = json.dumps(encode(trial), allow_nan=False)
    again = decode(Trial, json.loads(text))
    assert _same(again, trial)
    assert {k: type(v) for k, v in again.values.items()} == {
        k: type(v) for k, v in trial.values.items()
    }


def test_non_finite_metrics_come_back():
    outcome = Outcome("0001", 0, metrics={"a": math.nan, "b": -math.inf})
    again = decode(Outcome, json.loads(json.dumps(encode(outcome), allow_nan=False)))
    assert math.isnan(again.metrics["a"])
    assert again.metrics["b"] == -math.inf


def test_newer_fields_are_ignored():
    job = Job("0", {}, 1, 0, "f", "loss", "min")
    assert decode(Job, {**encode(job), "from_the_future": 1}) == job


def test_what_is_not_json_is_named():
    with pytest.raises(TypeError, match=r"object at .*expected None, a string"):
        encode({"a": object()})
