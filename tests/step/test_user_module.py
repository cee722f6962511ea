from __future__ import annotations

import zipfile

import pytest

from tuner_component.errors import PreflightError
from tuner_component.step.code_fingerprint import fingerprint
from tuner_component.step.user_module import UserModule, locate

_NO_SCRATCH = ""
_BUILD = "def build_model(hp):\n    return hp\n"


def test_a_build_model_is_found(write_module, tmp_path):
    module = locate({"module_file": write_module("um_build", _BUILD)}, _NO_SCRATCH)
    assert module == UserModule("um_build", str(tmp_path), "")
    assert module.load().build_model(3) == 3


def test_a_tuner_fn_wins_over_a_build_model(write_module):
    path = write_module("um_both", _BUILD + "def tuner_fn(fn_args):\n    return 1\n")
    assert locate({"module_file": path}, _NO_SCRATCH).function == "tuner_fn"


def test_siblings_can_be_imported(write_module):
    write_module("um_sibling", "SIZE = 3\n")
    path = write_module("um_main", "from um_sibling import SIZE\n" + _BUILD)
    assert locate({"module_file": path}, _NO_SCRATCH).load().SIZE == 3


def _in_wheel(folder, sibling):
    """Returns the execution properties of a module in a wheel, as TFX packs it."""
    folder.mkdir()
    wheel = folder / "code-0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("um_wheel.py", "from um_beside import SIZE\n" + _BUILD)
        archive.writestr("um_beside.py", sibling)
    return {"module_path": f"um_wheel@{wheel}"}


def test_a_module_in_a_wheel_is_found_and_found_anew(tmp_path):
    prints = []
    for size in (1, 2):
        given = _in_wheel(tmp_path / str(size), f"SIZE = {size}\n")
        module = locate(given, str(tmp_path))
        size_of = module.load().SIZE
        assert size_of == size
        prints.append(fingerprint(module))
    assert prints[0] != prints[1]


def test_a_path_to_a_function_is_found():
    module = locate(
        {"tuner_fn": "tests.step.test_user_module.test_siblings_can_be_imported"},
        _NO_SCRATCH,
    )
    assert module.function == "test_siblings_can_be_imported"


def test_a_module_without_the_function_names_what_it_has(write_module):
    path = write_module("um_none", "def build_modle(hp):\n    return hp\n")
    with pytest.raises(
        PreflightError,
        match=r"neither tuner_fn.*nor build_model.*'build_modle'.*Did you mean",
    ):
        locate({"module_file": path}, _NO_SCRATCH)


def test_a_missing_file_is_named():
    with pytest.raises(PreflightError, match=r"'/nowhere/x.py' does not exist"):
        locate({"module_file": "/nowhere/x.py"}, _NO_SCRATCH)


def test_a_missing_import_is_named(write_module):
    path = write_module("um_import", "import no_such_module_here\n" + _BUILD)
    with pytest.raises(PreflightError, match=r"um_import.*no_such_module_here"):
        locate({"module_file": path}, _NO_SCRATCH)


def test_no_module_at_all():
    with pytest.raises(PreflightError, match="Neither module_file nor"):
        locate({}, _NO_SCRATCH)


def test_folds_of_a_tuner_are_refused_unless_they_are_its_own(write_module):
    tuner, folds = "def tuner_fn(fn_args):\n    return 1\n", "def cross_validation"
    asks = write_module("um_folds", f"{tuner}{folds}(fn_args):\n    return 2\n")
    with pytest.raises(PreflightError, match=r"tuner_fn returns trains.*or remove"):
        locate({"module_file": asks}, _NO_SCRATCH)
    own = write_module("um_own_folds", f"{tuner}{folds}(model, x):\n    return 3\n")
    assert locate({"module_file": own}, _NO_SCRATCH).function == "tuner_fn"


def test_folds_that_a_module_uses_itself_are_its_own(write_module):
    folds = "def cross_validation():\n    return 5\n"
    used = "def tuner_fn(fn_args):\n    return cross_validation()\n"
    module = {"module_file": write_module("um_used_folds", folds + used)}
    assert locate(module, _NO_SCRATCH).function == "tuner_fn"
