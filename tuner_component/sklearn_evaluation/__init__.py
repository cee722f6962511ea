"""Scores scikit-learn estimators by cross-validation."""
