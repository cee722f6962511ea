from __future__ import annotations

import sys
import textwrap

import pytest

from tests.step.fixtures import write_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """The artifacts that a step reads; nobody may change what they hold."""
    return write_inputs(tmp_path_factory.mktemp("data"))


@pytest.fixture
def write_module(tmp_path):
    """Writes a module of the user's, which is imported anew afterwards."""
    names = []

    def write(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        names.append(name)
        for loaded in names:
            sys.modules.pop(loaded, None)
        return str(path)

    yield write
    for name in names:
        sys.modules.pop(name, None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]
