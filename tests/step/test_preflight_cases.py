from __future__ import annotations

import re

import pytest

from tests.step import apart
from tests.step import cases as preflight_cases
from tuner_component.errors import TunerError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", preflight_cases.CASES, ids=lambda case: case.__name__)
def test_it_is_refused_with_what_to_do(case, inputs, tmp_path):
    if not preflight_cases.is_possible(case):
        pytest.skip("the shared TFX data are not beside this checkout")
    with pytest.raises((TunerError, ValueError)) as caught:
        apart.call(case, inputs, tmp_path)
    message = " ".join(str(caught.value).split())
    assert re.search(preflight_cases.CASES[case], message), message
    assert not list(tmp_path.rglob("journal.jsonl"))
