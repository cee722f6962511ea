from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
# Threads that wait for each other on busy cores cost more than they gain.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="module", autouse=True)
def _what_earlier_tests_left_is_not_searched_for_garbage():
    """Keras collects garbage for every model: seconds where graphs have piled up."""
    gc.collect()
    gc.freeze()
