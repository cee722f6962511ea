"""Finds and loads the user's code, in the driver and in every worker."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.garbage import no_collection
from tuner_component.spelling import suggestion
from tuner_component.step import folds

STOCK_FUNCTION = "tuner_fn"
BUILD_FUNCTION = "build_model"

_UNPACKED = "user_code_"


@dataclasses.dataclass(frozen=True)
class UserModule:
    """Where the user's code is; JSON, so that workers get it too.

    Attributes:
        name: The module's import name.
        folder: Folder of the module file, or "" for an installed module.
        function: Name of the stock tuner function, or "" if the module has a
            `build_model` instead.
    """

    name: str
    folder: str = ""
    function: str = ""

    def load(self) -> ModuleType:
        """Imports the module, or returns it if this process has it already.

        Raises:
            PreflightError: If there is no such module.
        """
        if self.folder and self.folder not in sys.path:
            sys.path.append(self.folder)
        try:
            with no_collection():
                return self._load_file() if self.folder else _import(self.name)
        except ModuleNotFoundError as error:
            raise PreflightError(
                f"The module {self.name!r} cannot be imported: {error}. "
                "Expected a module file or an installed module; other modules that it "
                "imports must be beside it or installed."
            ) from error

    def _load_file(self) -> ModuleType:
        path = Path(self.folder) / f"{self.name}.py"
        loaded = sys.modules.get(self.name)
        if loaded is not None and file_of(loaded) == path:
            return loaded
        spec = importlib.util.spec_from_file_location(self.name, path)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"{path} is not a Python module")
        _forget_siblings(path.parent)
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.name]
            raise
        return module


def locate(exec_properties: Mapping[str, Any], scratch: str) -> UserModule:
    """Returns the user's module that the execution properties name.

    Args:
        exec_properties: Holds `module_path` (what TFX makes of a module file: a
            module in a wheel), `module_file` or `tuner_fn`.
        scratch: Local folder that a wheel may be unpacked in.

    Raises:
        PreflightError: If the module cannot be loaded, or has neither function.
    """
    module = _unlocated(exec_properties, scratch)
    return dataclasses.replace(module, function=_function(module.load(), module))


def wheel_of(exec_properties: Mapping[str, Any]) -> str:
    """Returns a local path of the wheel that holds the user's module, or ""."""
    _, _, wheel = (exec_properties.get("module_path") or "").partition("@")
    return _local(wheel) if wheel else ""


def _unlocated(exec_properties: Mapping[str, Any], scratch: str) -> UserModule:
    packaged = exec_properties.get("module_path")
    if packaged:
        name, _, wheel = packaged.partition("@")
        return UserModule(name, _unpacked(wheel, scratch) if wheel else "")
    if exec_properties.get("module_file"):
        path = Path(_local(exec_properties["module_file"])).resolve()
        if not path.is_file():
            raise PreflightError(
                f"module_file={exec_properties['module_file']!r} does not exist. "
                "Expected the path of a Python file."
            )
        return UserModule(
            path.stem, str(path.parent), exec_properties.get(STOCK_FUNCTION) or ""
        )
    name, _, function = (exec_properties.get(STOCK_FUNCTION) or "").rpartition(".")
    if not name:
        raise PreflightError(
            "Neither module_file nor a full path in tuner_fn was given; expected "
            "module_file='path/to/module.py' or tuner_fn='package.module.function'."
        )
    return UserModule(name, function=function)


def _function(loaded: ModuleType, module: UserModule) -> str:
    if module.function:
        if not callable(getattr(loaded, module.function, None)):
            raise PreflightError(
                f"The module {module.name!r} has no function {module.function!r}."
                + _offer(loaded, module.function)
            )
        folds.check_none(loaded)
        return module.function
    if callable(getattr(loaded, STOCK_FUNCTION, None)):
        folds.check_none(loaded)
        return STOCK_FUNCTION
    if callable(getattr(loaded, BUILD_FUNCTION, None)):
        return ""
    raise PreflightError(
        f"The module {module.name!r} has neither {STOCK_FUNCTION}(fn_args) nor "
        f"{BUILD_FUNCTION}(hp); expected one of them at its top level."
        + _offer(loaded, BUILD_FUNCTION)
    )


def _offer(loaded: ModuleType, wanted: str) -> str:
    own = sorted(
        name
        for name, item in vars(loaded).items()
        if callable(item) and getattr(item, "__module__", "") == loaded.__name__
    )
    return f" It defines {own}.{suggestion(wanted, own)}"


def _import(name: str) -> ModuleType:
    return importlib.import_module(name)


def file_of(module: ModuleType) -> Path | None:
    """Returns the Python file that a module was loaded from; None if there is none."""
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file and file.endswith(".py") else None


def _local(path: str) -> str:
    from tfx.utils import io_utils

    return str(io_utils.ensure_local(path))


def _forget_siblings(folder: Path) -> None:
    """Makes modules beside the user's load anew if they came from elsewhere.

    A notebook or a pipeline of several Tuners has an earlier version of them.
    """
    for path in folder.glob("*.py"):
        loaded = sys.modules.get(path.stem)
        file = file_of(loaded) if loaded else None
        if file is not None and _is_unpacked(file.parent):
            del sys.modules[path.stem]
    sys.path[:] = [
        entry for entry in sys.path if entry == str(folder) or not _is_unpacked(entry)
    ]


def _is_unpacked(folder: str | Path) -> bool:
    return Path(folder).name.startswith(_UNPACKED)


def _unpacked(wheel: str, scratch: str) -> str:
    folder = tempfile.mkdtemp(prefix=_UNPACKED, dir=scratch)
    with zipfile.ZipFile(_local(wheel)) as archive:
        archive.extractall(folder)
    return str(Path(folder).resolve())
