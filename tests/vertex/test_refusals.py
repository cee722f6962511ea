"""What cannot be submitted, and how it is said: before anything is."""

from __future__ import annotations

import pytest
from tfx.proto import tuner_pb2
from tfx.types import channel_utils, standard_artifacts

from tests.vertex.requests import IMAGE, config, pool
from tuner_component import Tuner
from tuner_component.errors import PreflightError
from tuner_component.vertex import custom_job


def machine(**fields):
    return pool(machine_spec=fields)


def container(**fields):
    return pool(container_spec=fields)


MALFORMED_POOLS = {
    "no list": ({"pool": 1}, "a list of one or two dicts"),
    "none": ([], "a list of one or two dicts"),
    "too many": ([pool()] * 5, "has 5 pools; expected 4 at most"),
    "no dict": (["n1-standard-8"], r"specs\[0\] is 'n1-standard-8'; expected a dict"),
    "camel case": ([pool(replicaCount=1)], "'replicaCount'.*Did you mean 'replica_c"),
    "two coordinators": ([pool(replica_count=2)], "is 2; expected 1: the first pool"),
    "no machines": ([pool(), pool(replica_count=0)], r"\[1\].replica_count is 0"),
    "a text as a count": ([pool(replica_count="1")], "is '1'; expected a number"),
    "no machine": ([{"container_spec": {"image_uri": IMAGE}}], "machine_spec is None"),
    "no machine type": ([machine(accelerator_count=1)], "'machine_type', such as"),
    "an unknown GPU": (
        [
            machine(
                machine_type="a2",
                accelerator_type="NVIDIA_TESLA_T5",
                accelerator_count=1,
            )
        ],
        "Did you mean 'NVIDIA_TESLA_T4'",
    ),
    "a GPU without a count": (
        [machine(machine_type="a2", accelerator_type="NVIDIA_TESLA_T4")],
        "accelerator_count=None; expected both",
    ),
    "a count without a GPU": (
        [machine(machine_type="a2", accelerator_count=1)],
        "accelerator_type=None and accelerator_count=1; expected both",
    ),
    "no image": ([container()], "expected a dict with 'image_uri'"),
    "a command": ([container(image_uri=IMAGE, command=["x"])], "the replicas run the"),
    "arguments": ([container(image_uri=IMAGE, args=["x"])], "Leave args out"),
    "variables as a dict": (
        [container(image_uri=IMAGE, env={"A": "1"})],
        "a list such as",
    ),
    "Vertex's own variable": (
        [container(image_uri=IMAGE, env=[{"name": "CLUSTER_SPEC", "value": ""}])],
        "that Vertex AI sets itself",
    ),
    "a Python package": ([pool(python_package_spec={})], "expected a container_spec"),
    "a small disk": ([pool(disk_spec={"boot_disk_size_gb": 10})], "at least 100"),
    "a field of the wrong type": (
        [pool(nfs_mounts=[{"mountpoint": "/x"}])],
        "no CustomJob of Vertex AI",
    ),
}

MALFORMED_ARGUMENTS = {
    "no dict": ({"ai_platform_tuning_args": "x"}, "a dict with 'project'"),
    "no project": (config(project=""), r"\['project'\] is ''"),
    "no region": (
        {**config(), "ai_platform_vertex_region": None},
        "ai_platform_vertex_region is None; expected a region such as",
    ),
    "a zone": ({**config(), "ai_platform_vertex_region": "europe-west1-b"}, "not a zo"),
    "not enabled": ({**config(), "ai_platform_enable_vertex": False}, "is gone"),
    "a label in capitals": (config(labels={"Team": "a"}), "lower-case letters"),
    "a long name": (config(display_name="x" * 129), "Shorten it"),
    "a spec that is none": (config(job_spec=["x"]), r"\['job_spec'\] is \['x'\]"),
    "an unknown field": (
        config(job_spec={"worker_pool_specs": [pool()], "netwrk": "x"}),
        "netwrk",
    ),
}


@pytest.mark.parametrize("case", MALFORMED_POOLS)
def test_a_malformed_pool_is_refused(case):
    pools, said = MALFORMED_POOLS[case]
    given = config(job_spec={"worker_pool_specs": pools})
    with pytest.raises(PreflightError, match=said):
        custom_job.check(given, None)


@pytest.mark.parametrize("case", MALFORMED_ARGUMENTS)
def test_malformed_arguments_are_refused(case):
    given, said = MALFORMED_ARGUMENTS[case]
    with pytest.raises(PreflightError, match=said):
        custom_job.check(given, None)


def test_pools_that_cannot_hold_the_trials_are_refused():
    pools = [pool(), pool(), pool(replica_count=2)]
    with pytest.raises(PreflightError, match="num_parallel_trials is 3, but"):
        custom_job.check(config(*pools), 3)


def test_a_pipeline_definition_is_refused_at_once():
    with pytest.raises(PreflightError, match="the first pool is the coordinator"):
        Tuner(
            examples=channel_utils.as_channel([standard_artifacts.Examples()]),
            module_file="module.py",
            tune_args=tuner_pb2.TuneArgs(num_parallel_trials=3),
            custom_config=config(pool(replica_count=3)),
        )


@pytest.mark.parametrize("given", [None, {}, {"units": 3}, "text"])
def test_who_does_not_ask_for_vertex_is_not_checked(given):
    custom_job.check(given, None)
