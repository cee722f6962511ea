"""Packaging of tuner_component."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "([^"]+)"$',
    (HERE / "tuner_component" / "__init__.py").read_text(encoding="utf-8"),
    re.MULTILINE,
)
if VERSION is None:
    raise RuntimeError("tuner_component/__init__.py has no line `__version__ = ...`.")

setup(
    name="tuner_component",
    version=VERSION.group(1),
    description="A TFX component that searches hyperparameters and architectures.",
    license="Apache-2.0",
    packages=find_packages(include=["tuner_component", "tuner_component.*"]),
    package_data={"tuner_component": ["py.typed"]},
    python_requires=">=3.10,<3.14",
    install_requires=[
        "tfx>=1.16,<1.22",
        "tensorflow",
        "keras-tuner>=1.4.7",
        # With TFX 1.16 it must stay below 2.66, which dropped dill; TFX 1.21 needs a
        # later one on the same Python, so only the locks can tell them apart.
        "apache-beam",
        "tensorflow-metadata",
        # KerasTuner imports it in every trial without declaring it.
        "tensorboard",
        "numpy",
        "scipy",
        # typing.override, which Python 3.10 and 3.11 lack.
        "typing-extensions",
    ],
    extras_require={
        "kfp": ["kfp>=2.5,<2.17"],
        # For a build_model that returns an estimator, and keras_tuner.SklearnTuner.
        "sklearn": ["joblib", "scikit-learn", "threadpoolctl"],
        "test": ["hypothesis", "pytest", "pytest-timeout"],
        "dev": ["mypy", "ruff"],
    },
)
