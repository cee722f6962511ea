"""What a benchmark found is kept whatever kind of number it is."""

from __future__ import annotations

import json

import numpy as np

from tests.benchmarks.parts.figures import Figure, report


def test_numbers_of_numpy_are_written_and_judged(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.benchmarks.parts.figures._FOLDER", tmp_path)
    good, bad = (Figure(name, np.float32(2), g) for name, g in (("a", 2.5), ("b", 1.0)))
    assert report("some", [good, bad]) == 1
    written = json.loads((tmp_path / "some.json").read_text())["figures"]
    assert [row["holds"] for row in written] == [True, False]
    assert [row["value"] for row in written] == [2.0, 2.0]
