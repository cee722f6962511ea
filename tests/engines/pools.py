"""Local pools for tests."""

from __future__ import annotations

from pathlib import Path

from tuner_component.engines.local_pool import LocalPool

EVALUATORS = "tests.contracts.evaluators"


def make_pool(folder: Path, num_workers=2, factory="make", settings=None, **options):
    return LocalPool(
        num_workers,
        f"{EVALUATORS}:{factory}",
        settings or {},
        log_folder=str(folder / "logs"),
        **options,
    )
