"""The scripts of `kubeflow/`, which are no modules of a package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "kubeflow"


def compile_script() -> ModuleType:
    return script("compile")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"{name}_script", FOLDER / f"{name}.py"
    )
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded  # dataclasses look their module up
    spec.loader.exec_module(loaded)
    return loaded
