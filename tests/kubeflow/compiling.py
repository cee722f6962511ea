"""The compile script, which is no module of a package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_SCRIPT = Path(__file__).parents[2] / "kubeflow" / "compile.py"


def compile_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile_script", _SCRIPT)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_SCRIPT)
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script  # dataclasses look their module up
    spec.loader.exec_module(script)
    return script
