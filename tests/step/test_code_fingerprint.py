from __future__ import annotations

import pytest

from tuner_component.step.code_fingerprint import fingerprint
from tuner_component.step.user_module import locate


@pytest.fixture
def print_of(write_module):
    """Takes the fingerprint of a module that imports another one beside it."""

    def print_of(text, sibling="SIZE = 1\n"):
        write_module("um_print_sibling", sibling)
        path = write_module("um_print", "import um_print_sibling\n" + text)
        return fingerprint(locate({"module_file": path}, scratch=""))

    return print_of


def test_the_fingerprint_sees_code_and_not_layout_or_budget(print_of):
    base = "def build_model(hp):\n    return search(hp, max_trials=3)\n"
    one = print_of(base)
    assert print_of("# a comment\n" + base.replace("(hp,", "(hp ,")) == one
    assert print_of(base.replace("=3", "=300")) == one
    assert print_of(base + "def run_fn(fn_args):\n    train()\n") == one
    assert print_of(base.replace("search(hp", "search(1")) != one
    assert print_of(base + "def run_fn(a):\n    pass\nrun = run_fn\n") != one
    assert print_of(base, sibling="SIZE = 2\n") != one
