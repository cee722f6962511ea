"""Steps in processes of their own that have imported the libraries and used none.

There a step starts as it does in a pipeline's fresh process, by a fork; in the process
of the tests, which has run TensorFlow, each step would import everything again.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest import mock

_LIBRARIES = ("tensorflow", "keras", "keras_tuner", "tests.step.cases")


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Returns what a function of a module returns, or raises what it raises.

    What it prints is printed here.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LIBRARIES))
    with mock.patch.dict(os.environ):
        # Set by TensorFlow Transform, for this process.
        os.environ.pop("TF_USE_LEGACY_KERAS", None)
        forkserver.ensure_running()
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        result, said = pool.submit(_called, Path.cwd(), function, args).result()
    sys.stdout.write(said)
    return result


def _called(
    folder: Path, function: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Any, str]:
    os.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        result = function(*args)
    return result, said.getvalue()
