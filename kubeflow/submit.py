"""Submits a compiled pipeline to Vertex AI Pipelines.

    python kubeflow/compile.py --image IMAGE --output run.json --root /gcs/BUCKET/run
    python kubeflow/submit.py run.json --project PROJECT --region REGION --dry-run

`--dry-run` prints the request instead, as the message of Google's client library that
would be sent: what it does not know is refused here. Without it, the credentials are
those of `gcloud auth application-default login`. A root of `/gcs/BUCKET/...`, which is
where Vertex AI mounts a bucket in every step, is gs://BUCKET/... in the request.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}=[a-z0-9_-]{0,63}")


def request(job: Any, options: argparse.Namespace) -> Any:
    """Returns the `CreatePipelineJobRequest`.

    Args:
        job: What `compile.py` wrote: a PipelineJob as JSON, schema 2.0.
        options: The command line.

    Raises:
        ValueError: If the job is none, or a name is not as Vertex AI wants it.
    """
    from google.cloud.aiplatform_v1.types import CreatePipelineJobRequest, PipelineJob
    from google.protobuf import json_format

    body = _asked(job, options)
    message = PipelineJob.pb(PipelineJob())
    try:
        json_format.ParseDict({k: v for k, v in body.items() if v}, message)
    except json_format.ParseError as error:
        raise ValueError(f"This is no PipelineJob of Vertex AI: {error}") from error
    made = PipelineJob(message)
    _check(made)
    return CreatePipelineJobRequest(
        parent=f"projects/{options.project}/locations/{options.region}",
        pipeline_job=made,
    )


def _asked(job: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Returns the job with what the command line says."""
    if not isinstance(job, dict):
        raise ValueError(
            f"This is a {type(job).__name__}; expected an object: the .json that "
            "compile.py writes."
        )
    runtime = dict(job.get("runtimeConfig", {}))
    root = options.root or runtime.get("gcsOutputDirectory", "")
    runtime["gcsOutputDirectory"] = re.sub("^/gcs/", "gs://", root)
    labels = dict(label.split("=") for label in options.label)
    return {
        **job,
        "displayName": options.name or job.get("displayName", ""),
        "labels": {**job.get("labels", {}), **labels},
        "serviceAccount": options.service_account,
        "network": options.network,
        "runtimeConfig": runtime,
    }


def _check(job: Any) -> None:
    if not job.pipeline_spec:
        raise ValueError(
            "This is no PipelineJob: it has no pipelineSpec. Expected the .json that "
            "compile.py writes; the .yaml is for open-source Kubeflow Pipelines."
        )
    root = job.runtime_config.gcs_output_directory
    if not root.startswith("gs://"):
        raise ValueError(
            f"The pipeline root is {root!r}; expected gs://... Compile with --root "
            "gs://BUCKET/FOLDER, or give --root here."
        )


def parser() -> argparse.ArgumentParser:
    """Returns the options."""
    options = argparse.ArgumentParser(
        prog="python kubeflow/submit.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("pipeline", type=Path, help="the .json that compile.py wrote")
    options.add_argument("--project", required=True)
    options.add_argument("--region", type=_region, required=True)
    options.add_argument("--root", help="gs:// folder for all outputs")
    options.add_argument("--name", help="of the run, for people")
    options.add_argument("--label", action="append", type=_label, default=[])
    options.add_argument("--service-account", help="that the steps run as")
    options.add_argument("--network", help="that the steps are peered with")
    options.add_argument("--dry-run", action="store_true", help="print the request")
    return options


def main(arguments: list[str] | None = None, client: Any = None) -> int:
    """Submits the pipeline, or prints the request; returns the exit status.

    Args:
        arguments: Command line; None for this process's.
        client: A `PipelineServiceClient`; None makes one for the region.
    """
    options = parser().parse_args(arguments)
    try:
        job = json.loads(options.pipeline.read_text(encoding="utf-8"))
        asked = request(job, options)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{options.pipeline}: {error}\n")
        return 1
    if options.dry_run:
        sys.stdout.write(type(asked).to_json(asked) + "\n")
        return 0
    submitted = (client or _client(options.region)).create_pipeline_job(request=asked)
    sys.stdout.write(f"{submitted.name}\n")
    return 0


def _client(region: str) -> Any:
    from google.cloud.aiplatform_v1 import PipelineServiceClient

    endpoint = f"{region}-aiplatform.googleapis.com"
    return PipelineServiceClient(client_options={"api_endpoint": endpoint})


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected one such as europe-west1")
    return text


def _label(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected KEY=VALUE in lower-case letters, digits, '_' and '-'"
        )
    return text


if __name__ == "__main__":
    sys.exit(main())
