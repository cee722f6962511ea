"""The data of the demo: shipped inside scikit-learn, written as a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

LABEL = "diagnosis"


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
