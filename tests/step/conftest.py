from __future__ import annotations

import pytest

from tests.step.fixtures import write_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """The artifacts that a step reads; nobody may change what they hold."""
    return write_inputs(tmp_path_factory.mktemp("data"))
