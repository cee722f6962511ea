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


def test_all_digits_are_written_with_their_pixels(tmp_path):
    import tensorflow as tf

    file = embedded_data.write_digits(tmp_path)
    assert embedded_data.write_digits(tmp_path) == file
    assert list(tmp_path.iterdir()) == [file]
    examples = [
        tf.train.Example.FromString(record)
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    ]
    assert len(examples) == 1797
    features = examples[0].features.feature
    pixels = features[embedded_data.IMAGE].float_list.value
    assert (len(pixels), min(pixels), max(pixels)) == (64, 0.0, 0.9375)
    assert features[embedded_data.IMAGE_LABEL].int64_list.value == [0]


def test_the_folder_holds_nothing_else(tmp_path):
    file = embedded_data.write_breast_cancer(tmp_path)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_there_is_left_alone(tmp_path):
    file = embedded_data.write_breast_cancer(tmp_path)
    file.write_text("edited")
    assert embedded_data.write_breast_cancer(tmp_path) == file
    assert file.read_text() == "edited"
