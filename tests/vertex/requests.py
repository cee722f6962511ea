"""Steps that ask for Vertex AI."""

from __future__ import annotations

import json
from typing import Any

from tests.step.fixtures import outputs, properties
from tuner_component import Search
from tuner_component.step.request import Request

IMAGE = "europe-docker.pkg.dev/a-project/images/tuner:1"


def pool(**more: Any) -> dict[str, Any]:
    return {
        "machine_spec": {"machine_type": "n1-standard-8"},
        "replica_count": 1,
        "container_spec": {"image_uri": IMAGE},
        **more,
    }


def config(*pools: Any, **more: Any) -> dict[str, Any]:
    """A `custom_config` as for the Tuner of TFX's extension."""
    return {
        "ai_platform_tuning_args": {
            "project": "a-project",
            "job_spec": {"worker_pool_specs": list(pools or [pool()])},
            **more,
        },
        "ai_platform_enable_vertex": True,
        "ai_platform_vertex_region": "europe-west1",
    }


def request(inputs, root, custom, search=None, parallel=None) -> Request:
    given = properties(
        "own_model.py",
        search or Search(max_trials=4, epochs=1),
        parallel=parallel,
        custom=custom,
        label_key="species",
    )
    assert json.loads(given["custom_config"]) == custom
    return Request(inputs=inputs, outputs=outputs(root), properties=given, node="Tuner")
