"""Compiles the pipeline of `pipelines/` to a PipelineSpec for Kubeflow Pipelines v2.

    python kubeflow/compile.py --image my-registry/my-image --output pipeline.yaml

takes the options of `python -m pipelines.local` besides. `--cpus`, `--memory` (GB),
`--gpus` with `--gpu-type`, `--retries` and `--cache` are for the Tuner's step. `--root`
and `--csv` must be folders that this machine and the cluster both see: the wheels of
the user's module are written to the root now, and read from there by the steps. A study
is kept under the root and continued by the next run only with `--study-dir`, since
Kubeflow gives every run folders of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines import local
from pipelines.settings import Settings

_OWN_EXECUTOR = "tuner_component.executor.Executor"
_ENTRY = ["python", "-m", "tuner_component.kubeflow_entry"]


@dataclasses.dataclass(frozen=True)
class StepOptions:
    """What the platform gives the Tuner's step.

    Attributes:
        cpus: Cores at most; None leaves it to the platform.
        memory: Memory at most, in GB of 1e9 bytes; None on the same terms.
        gpus: Number of GPUs.
        gpu_type: `"nvidia.com/gpu"` on Kubernetes, `"NVIDIA_TESLA_T4"` or another of
            its types on Vertex AI.
        retries: Further attempts of a step that failed. They continue the study only
            if it has a `study_dir`.
        cache: Whether a step with the same inputs takes the outputs of an earlier run;
            None leaves it to the pipeline.
    """

    cpus: float | None = None
    memory: float | None = None
    gpus: int = 0
    gpu_type: str = ""
    retries: int = 0
    cache: bool | None = None

    def __post_init__(self) -> None:
        for name in ("cpus", "memory"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} is {value}; expected a number above 0.")
        for name in ("gpus", "retries"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; expected 0 or more."
                )
        if bool(self.gpus) != bool(self.gpu_type):
            raise ValueError(
                f"gpus is {self.gpus} and gpu_type {self.gpu_type!r}; expected both, "
                "such as 1 and 'nvidia.com/gpu' (Vertex AI: 'NVIDIA_TESLA_T4')."
            )

    @property
    def resources(self) -> dict[str, Any]:
        """The `ResourceSpec` as JSON; empty if nothing is asked for."""
        limits = {"cpuLimit": self.cpus, "memoryLimit": self.memory}
        asked = {name: value for name, value in limits.items() if value}
        if self.gpus:
            accelerator = {"type": self.gpu_type, "count": str(self.gpus)}
            return {**asked, "accelerator": accelerator}
        return asked


def apply(options: StepOptions, spec: Mapping[str, Any]) -> None:
    """Writes the options into every Tuner step of a PipelineSpec, in place."""
    for task, container in _own_steps(spec):
        if options.resources:
            container["resources"] = options.resources
        if options.retries:
            task["retryPolicy"] = {"maxRetryCount": options.retries}
        if options.cache is not None:
            task["cachingOptions"] = {"enableCache": options.cache}


def _own_steps(spec: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    for task in spec["root"]["dag"]["tasks"].values():
        label = spec["components"][task["componentRef"]["name"]].get("executorLabel")
        executor = spec["deploymentSpec"]["executors"].get(label, {})
        if _OWN_EXECUTOR in executor.get("container", {}).get("args", ()):
            yield task, executor["container"]


def _rewrite(output: Path, options: StepOptions) -> None:
    import yaml

    text = output.read_text(encoding="utf-8")
    if output.suffix == ".yaml":
        spec = yaml.safe_load(text)
        apply(options, spec)
        written = yaml.safe_dump(spec)
    else:
        job = json.loads(text)
        apply(options, job["pipelineSpec"])
        written = json.dumps(job, sort_keys=True)
    output.write_text(written, encoding="utf-8")


def compile_pipeline(
    settings: Settings,
    image: str,
    output: Path,
    options: StepOptions | None = None,
) -> None:
    """Writes the PipelineSpec.

    Args:
        settings: As for a local run.
        image: Container image with TFX, this package and the user's dependencies.
        output: A `.yaml` file for open-source Kubeflow Pipelines (schema 2.1), or a
            `.json` file for Vertex AI (schema 2.0).
        options: What the platform gives the Tuner's step.
    """
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as runner

    from pipelines.pipeline import create_pipeline

    open_source = output.suffix == ".yaml"
    config = runner.KubeflowV2DagRunnerConfig(
        default_image=image,
        default_commands=_ENTRY if open_source else None,
        use_pipeline_spec_2_1=open_source,
    )
    runner.KubeflowV2DagRunner(
        config, output_dir=str(output.parent), output_filename=output.name
    ).run(create_pipeline(settings))
    _rewrite(output, options or StepOptions())


def _parser() -> argparse.ArgumentParser:
    """Returns the options that are not those of `pipelines.local`."""
    parser = argparse.ArgumentParser(add_help=False)
    add = parser.add_argument
    add("--image", required=True, help="container image of all steps")
    add("--output", type=Path, required=True, help="the .yaml or .json to write")
    add("--study-dir", help="where studies outlive a run (the run's own folder)")
    add("--cpus", type=float, help="cores of the Tuner's step at most")
    add("--memory", type=float, help="its memory at most, in GB")
    add("--gpus", type=int, default=0, help="its GPUs (%(default)s)")
    add("--gpu-type", default="", help="nvidia.com/gpu, or a type of Vertex AI")
    add("--retries", type=int, default=0, help="its further attempts (%(default)s)")
    add("--cache", action=argparse.BooleanOptionalAction, help="of the Tuner's step")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line and compiles."""
    parser = _parser()
    argparse.ArgumentParser(
        prog="python kubeflow/compile.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[parser, local.parser()],
        add_help=False,  # The second parent has it.
    ).parse_args(arguments)
    own, others = parser.parse_known_args(arguments)
    try:
        options = StepOptions(
            *(own.cpus, own.memory, own.gpus, own.gpu_type, own.retries, own.cache)
        )
    except ValueError as error:
        parser.error(str(error))
    settings = local.settings(others)
    search = dataclasses.replace(settings.search, study_dir=own.study_dir)
    settings = dataclasses.replace(settings, search=search)
    compile_pipeline(settings, own.image, own.output.resolve(), options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
