"""The data of the demos: shipped inside scikit-learn, written as files."""

from __future__ import annotations

import csv
from pathlib import Path

LABEL = "diagnosis"
IMAGE, IMAGE_LABEL = "image_floats", "image_class"


def write_breast_cancer(folder: Path) -> Path:
    """Writes the Wisconsin breast cancer data: 569 rows, 30 numbers, 2 classes.

    Returns:
        The file, `folder/breast_cancer.csv`; left alone if it is there already.
    """
    from sklearn import datasets

    file = folder / "breast_cancer.csv"
    if file.exists():
        return file
    data = datasets.load_breast_cancer()
    folder.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    with draft.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        names = [name.replace(" ", "_") for name in data.feature_names]
        writer.writerow([*names, LABEL])
        for row, label in zip(data.data, data.target, strict=True):
            writer.writerow([*row.tolist(), data.target_names[label]])
    draft.rename(file)
    return file


def write_digits(folder: Path) -> Path:
    """Writes 1,797 handwritten digits of 8 x 8 pixels as `tf.Example`s.

    Each has the pixels, 0..1, as 64 numbers and the digit as an integer; the features
    have the names that TFX's MNIST example gives them.

    Returns:
        The file, `folder/digits.tfrecord`; left alone if it is there already.
    """
    import tensorflow as tf
    from sklearn import datasets

    file = folder / "digits.tfrecord"
    if file.exists():
        return file
    data = datasets.load_digits()
    folder.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    with tf.io.TFRecordWriter(str(draft)) as writer:
        for pixels, digit in zip(data.data / 16, data.target, strict=True):
            example = tf.train.Example()
            example.features.feature[IMAGE].float_list.value.extend(pixels)
            example.features.feature[IMAGE_LABEL].int64_list.value.append(digit)
            writer.write(example.SerializeToString())
    draft.rename(file)
    return file
