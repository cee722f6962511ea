"""The layers of the package, checked from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tuner_component"

# A file or subpackage may import those of earlier rows and its own subpackage, also
# inside functions. Several rows make up one layer of the design; a row's entries do
# not know each other.
LAYERS: tuple[tuple[int, frozenset[str]], ...] = (
    (
        0,
        frozenset(
            {"errors", "garbage", "import_path", "kernel_cache", "storage_faults"}
        ),
    ),
    (0, frozenset({"precision", "shared_folder", "spelling"})),
    (1, frozenset({"trial", "records"})),
    (1, frozenset({"search_checks"})),
    (1, frozenset({"search", "search_space", "pareto"})),
    (2, frozenset({"strategies", "estimators", "morphism"})),
    (2, frozenset({"report"})),
    (2, frozenset({"gfile_store"})),
    (2, frozenset({"journal"})),
    (3, frozenset({"evaluation", "space_discovery"})),
    (3, frozenset({"curve_stopping"})),
    (3, frozenset({"cross_validation", "outcome_file"})),
    (3, frozenset({"working_dir", "nas", "data", "model_metrics"})),
    (3, frozenset({"model_state", "model_inputs"})),
    (3, frozenset({"training"})),
    (3, frozenset({"model_code", "model_export"})),
    (3, frozenset({"study", "keras_trials", "sklearn_evaluation"})),
    (3, frozenset({"model_evaluation"})),
    (4, frozenset({"engines"})),
    (4, frozenset({"search_loop", "progress", "worker"})),
    (4, frozenset({"study_rounds"})),
    (4, frozenset({"beam_follower"})),
    (4, frozenset({"beam_search"})),
    (5, frozenset({"keras_tuner_adapter"})),
    (6, frozenset({"artifacts"})),
    (6, frozenset({"step", "tensorboard"})),
    (6, frozenset({"vertex"})),
    (6, frozenset({"executor"})),
    (6, frozenset({"beam_executor"})),
    (6, frozenset({"component", "kubeflow_entry"})),
    (6, frozenset({"kubeflow_search"})),
)
ROW = {name: row for row, (_, names) in enumerate(LAYERS) for name in names}

# What must not meet although the layers would allow it: only the search loop joins a
# study and an engine, and a worker knows neither the study nor its records.
STUDY_SIDE = {"study", "journal", "strategies"}
FORBIDDEN = {
    "engines": STUDY_SIDE,
    "evaluation": STUDY_SIDE,
    "keras_trials": STUDY_SIDE,
    "model_code": STUDY_SIDE,
    "model_evaluation": STUDY_SIDE,
    "sklearn_evaluation": STUDY_SIDE,
    "worker": STUDY_SIDE,
}
# Folders of `engines` that must not meet: what two need is a room beside them, which
# knows neither.
ROOMS = {
    "beam": {"flock"},
    "flock": {"beam"},
    "storage": {"beam", "flock"},
}

# Third parties a file may import when it is imported itself; typing_extensions
# everywhere.
AT_MODULE_LEVEL = {
    "pareto": {"numpy"},
    "search_space": {"numpy"},
    "strategies": {"numpy", "scipy"},
    "estimators": {"numpy"},
    "morphism": {"numpy"},
    "nas": {"numpy"},
    "cross_validation": {"numpy"},
    "data": {"numpy"},
    "keras_trials": {"numpy"},
    "model_state": {"numpy"},
    "sklearn_evaluation": {"numpy"},
    "keras_tuner_adapter": {"numpy", "keras_tuner"},
    "artifacts": {"tfx"},
    "executor": {"tfx"},
    "beam_executor": {"tfx"},
    "component": {"tfx"},
}
# What Beam sends to its workers refers to classes at module level.
BEAM_STAGES = ("pipeline", "stages", "transform")
# Third parties any file may import inside a function: what setup.py declares, or what
# TFX itself cannot do without. IPython is there whenever a notebook is, threadpoolctl
# whenever scikit-learn is.
LAZILY = {
    "IPython", "absl", "apache_beam", "google", "joblib", "keras", "keras_tuner",
    "numpy", "pyarrow", "scipy", "sklearn", "tensorboard", "tensorflow", "tensorflow_metadata",
    "tensorflow_transform", "tf_keras", "tfx", "tfx_bsl", "threadpoolctl", "typing_extensions",
}  # fmt: skip
MAX_LINES = 400

SOURCES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit(module: str) -> str:
    """The entry of the table: `engines` for `tuner_component.engines.slot`."""
    return module.split(".")[1] if "." in module else ""


def imported(node: ast.AST) -> list[str]:
    """Names a statement imports: `from a import b` gives `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [
            f"{'.' * node.level}{node.module or ''}.{alias.name}"
            for alias in node.names
        ]
    if (
        isinstance(node, ast.Call)
        and "import_module" in ast.unparse(node.func)
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return [str(node.args[0].value)]
    return []


def nodes(tree: ast.AST, *, lazy: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it runs only after the module was imported."""
    for child in ast.iter_child_nodes(tree):
        inside = (
            lazy
            or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            )
        )
        yield child, inside
        yield from nodes(child, lazy=inside)


def own_violation(here: str, there: str) -> str | None:
    """Why the unit `here` must not import the unit `there`, if so."""
    if there == here:
        return None
    if there not in ROW:
        return f"{there!r} is not in LAYERS: add it to the row where it belongs"
    if ROW[there] >= ROW[here]:
        return f"{here!r} must not import {there!r}, which is no lower layer"
    if there in FORBIDDEN.get(here, set()):
        return f"{here!r} must not know {there!r}"
    return None


def room(module: str) -> str:
    """The folder within `engines`: `beam` for `tuner_component.engines.beam.memo`."""
    parts = module.split(".")
    return parts[2] if parts[1:2] == ["engines"] and len(parts) > 2 else ""


def room_violation(module: str, name: str) -> str | None:
    here, there = room(module), room(name)
    if there in ROOMS.get(here, set()):
        return f"the engines' {here!r} must not know their {there!r}"
    return None


def import_violation(module: str, name: str, *, lazy: bool) -> str | None:
    here, top = unit(module), name.split(".")[0]
    if not top:
        return f"relative import {name!r}"
    if top == "tuner_component":
        return own_violation(here, unit(name)) or room_violation(module, name)
    if name.startswith("tfx.v1"):
        return "tfx.v1 takes 24 s and 0.9 GB to import; import the module that has it"
    if top in sys.stdlib_module_names or top == "typing_extensions":
        return None
    if lazy:
        return None if top in LAZILY else f"{top!r} is no dependency of ours"
    if top in AT_MODULE_LEVEL.get(here, set()):
        return None
    beam_stages = {f"tuner_component.engines.beam.{name}" for name in BEAM_STAGES}
    if top == "apache_beam" and module in beam_stages:
        return None
    return f"{top!r} at module level: import it where it is used"


def statement_violation(node: ast.AST) -> str | None:
    if isinstance(node, ast.Assert):
        return "assert: raise an error with a message"
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
        return "print: use logging or the progress display"
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "tfx.v1":
        return "tfx.v1 takes 24 s and 0.9 GB to import; import the module that has it"
    return None


def violations(module: str, source: str) -> list[str]:
    here = unit(module)
    if here and here not in ROW:
        return [f"{here!r} is not in LAYERS: add it to the row where it belongs"]
    found = []
    for node, lazy in nodes(ast.parse(source)):
        reasons = [statement_violation(node)]
        if here:  # The package itself is the front door: it names any layer.
            reasons += [import_violation(module, n, lazy=lazy) for n in imported(node)]
        found += [f"line {getattr(node, 'lineno', 0)}: {r}" for r in reasons if r]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_source_keeps_to_its_layer(path: Path) -> None:
    assert violations(module_name(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_source_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_name_has_one_row() -> None:
    assert len(ROW) == sum(len(names) for _, names in LAYERS)
    assert [layer for layer, _ in LAYERS] == sorted(layer for layer, _ in LAYERS)
    assert FORBIDDEN.keys() | AT_MODULE_LEVEL.keys() <= ROW.keys()


@pytest.mark.parametrize(
    ("module", "source", "reason"),
    [
        ("trial", "from tuner_component.study import Study", "no lower layer"),
        ("trial", "def f():\n    from tuner_component import study", "no lower layer"),
        ("trial", "importlib.import_module('tuner_component.study')", "no lower layer"),
        ("trial", "if TYPE_CHECKING:\n    import tuner_component.study", "no lower layer"),
        ("trial", "import tuner_component.records", "no lower layer"),
        ("trial", "from tuner_component import __version__", "not in LAYERS"),
        ("engines.beam", "from tuner_component.study import Study", "must not know"),
        ("engines.beam.memo", "import tuner_component.engines.flock.lease", "not know"),
        ("engines.flock.lease", "from tuner_component.engines import beam", "not know"),
        ("engines.storage.x", "from tuner_component.engines import flock", "not know"),
        ("surprise", "", "not in LAYERS"),
        ("trial", "from .records import encode", "relative import"),
        ("trial", "import numpy as np", "at module level"),
        ("trial", "try:\n    import keras\nexcept ImportError:\n    pass", "at module"),
        ("trial", "def f():\n    import pandas", "no dependency"),
        ("component", "from tfx import v1", "tfx.v1"),
        ("component", "import tfx.v1 as tfx", "tfx.v1"),
        ("component", "def f():\n    from tfx.v1 import components", "tfx.v1"),
        ("component", "tfx.v1.components.Tuner()", "tfx.v1"),
        ("engines.local_pool", "import apache_beam as beam", "at module level"),
        ("trial", "print('x')", "print"),
        ("trial", "def f():\n    assert x", "assert"),
    ],
)  # fmt: skip
def test_checker_finds(module: str, source: str, reason: str) -> None:
    (found,) = violations(f"tuner_component.{module}", source)
    assert reason in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engines.worker", "from tuner_component.evaluation import Job"),
        ("engines.worker", "from tuner_component.engines import channel"),
        ("engines.beam.memo", "from tuner_component.engines.storage import objects"),
        ("engines.beam.stages", "import apache_beam as beam"),
        ("component", "from tfx.types import artifact"),
        ("trial", "import json\ndef f():\n    import tensorflow as tf"),
        ("trial", "blueprint(printer.print)"),
    ],
)
def test_checker_allows(module: str, source: str) -> None:
    assert violations(f"tuner_component.{module}", source) == []


@pytest.mark.parametrize("module", ["tuner_component", "tuner_component.search"])
def test_import_takes_no_tensorflow(module: str) -> None:
    code = f"import sys, {module}; sys.exit('tensorflow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60)
    assert result.returncode == 0
