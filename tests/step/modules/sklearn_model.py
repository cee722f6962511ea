"""A module whose model is a scikit-learn pipeline."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build_model(hp):
    if hp.Choice("kind", ["linear", "forest"]) == "linear":
        model = LogisticRegression(C=hp.Choice("c", [0.01, 1.0, 100.0]))
    else:
        model = RandomForestClassifier(
            n_estimators=hp.Int("num_trees", 5, 15, step=5),
            max_depth=hp.Int("depth", 1, 3),
        )
    return make_pipeline(StandardScaler(), model)


def cross_validation():
    return {"cv": 3, "scoring": ["balanced_accuracy"]}
