from __future__ import annotations

import csv
from collections import Counter

from pipelines import embedded_data


def test_all_rows_are_written_with_their_class(tmp_path):
    file = embedded_data.write_breast_cancer(tmp_path / "data")
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert Counter(row[embedded_data.LABEL] for row in rows) == {
        "benign": 357,
        "malignant": 212,
    }
    assert len(rows[0]) == 31
    assert all(name.isidentifier() for name in rows[0])
    assert float(rows[0]["mean_radius"]) == 17.99
    assert rows[0][embedded_data.LABEL] == "malignant"


def test_the_folder_holds_nothing_else(tmp_path):
    file = embedded_data.write_breast_cancer(tmp_path)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_there_is_left_alone(tmp_path):
    file = embedded_data.write_breast_cancer(tmp_path)
    file.write_text("edited")
    assert embedded_data.write_breast_cancer(tmp_path) == file
    assert file.read_text() == "edited"
