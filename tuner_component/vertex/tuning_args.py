"""What `custom_config` says about Vertex AI, as for the Tuner of TFX's extension.

{"ai_platform_tuning_args": {"project": ..., "job_spec": {"worker_pool_specs": ...}},
 "ai_platform_enable_vertex": True,
 "ai_platform_vertex_region": "europe-west1"}
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from tuner_component.errors import PreflightError

TUNING_ARGS_KEY = "ai_platform_tuning_args"
ENABLE_VERTEX_KEY = "ai_platform_enable_vertex"
VERTEX_REGION_KEY = "ai_platform_vertex_region"
JOB_ID_KEY = "ai_platform_training_job_id"
KEYS = (TUNING_ARGS_KEY, ENABLE_VERTEX_KEY, VERTEX_REGION_KEY, JOB_ID_KEY)

_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_LABEL = re.compile(r"[a-z0-9_-]{0,63}")
_SPEC, _OWN = "job_spec", ("project", "display_name", "labels", "encryption_spec")


@dataclasses.dataclass(frozen=True)
class TuningArgs:
    """Where a CustomJob runs and what it asks for.

    Attributes:
        project: Id of the Google Cloud project.
        region: Such as `"europe-west1"`.
        display_name: The job's name for people; "" leaves it to us.
        labels: Of the job.
        job_spec: The `CustomJobSpec` as a dict.
        encryption_spec: The `EncryptionSpec` as a dict; empty for none.
    """

    project: str
    region: str
    display_name: str
    labels: Mapping[str, str]
    job_spec: Mapping[str, Any]
    encryption_spec: Mapping[str, Any]


def is_asked_for(config: Any) -> bool:
    """Whether a `custom_config` asks for Vertex AI."""
    return isinstance(config, Mapping) and TUNING_ARGS_KEY in config


def without_vertex(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what of a `custom_config` is the user's own."""
    return {key: value for key, value in config.items() if key not in KEYS}


def read(config: Mapping[str, Any]) -> TuningArgs:
    """Returns the arguments; worker pools are checked by `worker_pools`.

    Raises:
        PreflightError: Says what was received, what was expected and how to fix it.
    """
    given = config[TUNING_ARGS_KEY]
    if not isinstance(given, Mapping):
        raise refused(
            TUNING_ARGS_KEY, given, "a dict with 'project' and 'job_spec'", "Use a dict"
        )
    if config.get(ENABLE_VERTEX_KEY) is not True:
        raise refused(
            ENABLE_VERTEX_KEY,
            config.get(ENABLE_VERTEX_KEY),
            f"True beside {TUNING_ARGS_KEY!r}",
            "AI Platform Training is gone: set it to True, or leave "
            f"{TUNING_ARGS_KEY!r} out to search in the step itself",
        )
    return TuningArgs(
        project=_project(given),
        region=_region(config.get(VERTEX_REGION_KEY)),
        display_name=_name(given.get("display_name") or config.get(JOB_ID_KEY) or ""),
        labels=_labels(given.get("labels") or {}),
        job_spec=_job_spec(given),
        encryption_spec=given.get("encryption_spec") or {},
    )


def refused(what: str, received: Any, expected: str, fix: str) -> PreflightError:
    """Returns the error for a value that cannot be."""
    return PreflightError(f"{what} is {received!r}; expected {expected}. {fix}.")


def _project(given: Mapping[str, Any]) -> str:
    project = given.get("project")
    if not isinstance(project, str) or not project:
        raise refused(
            f"{TUNING_ARGS_KEY}['project']",
            project,
            "the id of a Google Cloud project",
            "`gcloud projects list` shows yours",
        )
    return project


def _region(region: Any) -> str:
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise refused(
            VERTEX_REGION_KEY,
            region,
            "a region such as 'europe-west1'",
            "Name the region, not a zone of it",
        )
    return region


def _name(name: Any) -> str:
    if not isinstance(name, str) or len(name) > 128:
        raise refused("The job's display_name", name, "up to 128 letters", "Shorten it")
    return name


def _labels(labels: Any) -> Mapping[str, str]:
    valid = isinstance(labels, Mapping) and all(
        isinstance(text, str) and _LABEL.fullmatch(text)
        for pair in labels.items()
        for text in pair
    )
    if not valid or "" in labels or len(labels) > 64:
        raise refused(
            f"{TUNING_ARGS_KEY}['labels']",
            labels,
            "up to 64 pairs of lower-case letters, digits, '_' and '-', of up to 63 "
            "each",
            "Rename those that differ",
        )
    return {str(key): str(value) for key, value in labels.items()}


def _job_spec(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the spec, which the extension also takes without `job_spec`."""
    spec = given.get(_SPEC)
    if spec is None:
        spec = {key: value for key, value in given.items() if key not in _OWN}
    if not isinstance(spec, Mapping):
        raise refused(
            f"{TUNING_ARGS_KEY}['job_spec']",
            spec,
            "a dict with 'worker_pool_specs'",
            "Use a dict",
        )
    return spec
