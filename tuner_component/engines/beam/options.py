"""Makes sure that a runner can be had, and settles how many trials run at once."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuner_component.errors import PreflightError
from tuner_component.gfile_store import is_remote

_FN_API = "apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
_DIRECT = ("DirectRunner", "FnApiRunner", "SwitchingDirectRunner", _FN_API)
_ANY = "num_parallel_trials or Search(parallelism=...)"
_WARM = "environment_cache_millis"
_WARM_MILLISECONDS = 60_000
"""Flink and Spark end a worker as soon as it has nothing to do: after every round."""


@dataclasses.dataclass(frozen=True)
class Settled:
    """How a pipeline runs.

    Attributes:
        arguments: The pipeline's options.
        num_slots: How many trials run at once, as far as anybody has said.
        runner: The runner's name.
    """

    arguments: tuple[str, ...]
    num_slots: int
    runner: str

    @property
    def is_direct(self) -> bool:
        """Whether all workers are threads or processes of this host."""
        return self.runner in _DIRECT


def settle(arguments: Sequence[Any], wanted: int | None, default: int) -> Settled:
    """Returns the options with what they leave open.

    Args:
        arguments: `beam_pipeline_args`, perhaps behind the name of the program, which
            Kubeflow Pipelines leave there.
        wanted: Trials at once that the user asked for; None: the runner decides.
        default: Trials at once on the DirectRunner where nobody says a number.

    Raises:
        PreflightError: If they contradict each other, or there is no such runner.
    """
    given = _Given(arguments)
    runner = given.value("runner") or "DirectRunner"
    _check_runner(runner)
    if runner in _DIRECT:
        return _direct(given, wanted, default)
    number = _agreed(wanted, *_parallelism(runner, given))
    _check_jar(runner, given)
    _check_dataflow(given)
    more = [*_flink(runner, given, number), *_warm(runner, given)]
    return Settled((*given.arguments, *more), number or default, runner)


def check_folder(folder: str, settled: Settled) -> None:
    """Raises if the workers can surely not see the study's folder.

    Raises:
        PreflightError: If the folder is local and the workers are elsewhere.
    """
    if settled.runner.endswith("DataflowRunner") and not is_remote(folder):
        raise PreflightError(
            f"The study folder {folder} is on this machine, where the workers of "
            f"{settled.runner} cannot see it. Choose one that they share with the "
            'step: Search(study_dir="gs://bucket/folder").'
        )


def _flink(runner: str, given: _Given, number: int | None) -> list[str]:
    is_open = runner.endswith("FlinkRunner") and given.value("parallelism") is None
    return [f"--parallelism={number}"] if is_open and number else []


def _warm(runner: str, given: _Given) -> list[str]:
    """Keeps workers, and what they have imported, from round to round."""
    if runner.endswith("DataflowRunner") or given.value(_WARM) is not None:
        return []
    return [f"--{_WARM}={_WARM_MILLISECONDS}"]


class _Given:
    """Options by name; of one given twice the last counts, as in Beam."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        for argument in arguments:
            if not isinstance(argument, str):
                raise PreflightError(
                    f"beam_pipeline_args holds {argument!r} of type "
                    f"{type(argument).__name__}; expected strings. Placeholders are "
                    "not resolved on every orchestrator."
                )
        first = 1 if arguments and not arguments[0].startswith("-") else 0
        self.arguments = list(arguments[first:])
        self._values: dict[str, str] = {}
        for argument, after in itertools.pairwise([*self.arguments, "--"]):
            if argument.startswith("--"):
                name, equals, value = argument[2:].partition("=")
                follows = "" if after.startswith("--") else after
                self._values[name] = value if equals else follows

    def value(self, name: str) -> str | None:
        return self._values.get(name)

    def number(self, name: str) -> int | None:
        text = self._values.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"\d+", text):
            raise PreflightError(
                f"beam_pipeline_args says --{name}={text}; expected a number."
            )
        return int(text)


def _direct(given: _Given, wanted: int | None, default: int) -> Settled:
    """Names the runner that runs in this host's threads and processes.

    From Beam 2.7x on DirectRunner would try to download another one first, which
    heeds neither option.
    """
    said = given.number("direct_num_workers")
    number = said if said != 0 else os.cpu_count() or 1
    number = _agreed(wanted, "--direct_num_workers", number) or default
    mode = given.value("direct_running_mode")
    if mode == "in_memory" and number > 1 and (wanted or said is not None):
        raise PreflightError(
            f"beam_pipeline_args says --direct_running_mode=in_memory, which runs one "
            f"trial at a time, but {number} are asked for. Use "
            "--direct_running_mode=multi_threading or multi_processing, or leave "
            f"{_ANY} and --direct_num_workers out."
        )
    if mode is None:
        # Trials have processes of their own, so threads do to look after them.
        mode = "multi_threading"
    number = 1 if mode == "in_memory" else number
    own = (
        f"--runner={_FN_API}",
        f"--direct_running_mode={mode}",
        f"--direct_num_workers={number}",
    )
    return Settled((*given.arguments, *own), number, _FN_API)


def _agreed(wanted: int | None, name: str, said: int | None) -> int | None:
    if wanted and said and wanted != said:
        raise PreflightError(
            f"beam_pipeline_args says {name}={said}, but {wanted} trials at once are "
            f"asked for ({_ANY}). Leave one of them out, or make them equal."
        )
    return wanted or said


def _parallelism(runner: str, given: _Given) -> tuple[str, int | None]:
    """Returns the option that says how many trials run at once, and the number."""
    if runner.endswith("SparkRunner"):
        local = re.fullmatch(r"local\[(\d+)\]", given.value("spark_master_url") or "")
        return "--spark_master_url", int(local.group(1)) if local else None
    return "--parallelism", given.number("parallelism")


def _check_runner(name: str) -> None:
    from apache_beam.runners import runner as runners

    try:
        runners.create_runner(name)
    except (ValueError, ImportError, AttributeError) as error:
        raise PreflightError(
            f"beam_pipeline_args says --runner={name}, which cannot be had here: "
            f"{error}. Expected one of Beam's runners that is installed: DirectRunner, "
            "FlinkRunner, SparkRunner, DataflowRunner (needs apache-beam[gcp]), "
            "PrismRunner, PortableRunner."
        ) from error


def _check_jar(runner: str, given: _Given) -> None:
    name = f"{runner.rpartition('.')[2].removesuffix('Runner').lower()}_job_server_jar"
    jar = given.value(name)
    if jar and not is_remote(jar) and not Path(jar).is_file():
        raise PreflightError(
            f"beam_pipeline_args says --{name}={jar}, which is no file. Expected the "
            "job server of this release of Beam, or leave the option out."
        )


def _check_dataflow(given: _Given) -> None:
    least, most = given.number("num_workers"), given.number("max_num_workers")
    if least and most and least > most:
        raise PreflightError(
            f"beam_pipeline_args says --num_workers={least} and --max_num_workers="
            f"{most}; expected at most as many to begin with. Leave one of them out."
        )
