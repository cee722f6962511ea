"""The files of `kubeflow/` that are no programs."""

from __future__ import annotations

import re

import yaml

from tests.kubeflow.compiling import FOLDER
from tuner_component import worker


def test_the_job_starts_workers_that_know_their_names_and_get_no_rights():
    job = yaml.safe_load((FOLDER / "workers.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    pod = spec["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert "ports" not in container
    assert container["command"] == ["python", "-m", worker.__name__]
    options = worker._parser().parse_args(container["args"])
    (mount,) = container["volumeMounts"]
    assert options.root.startswith(f"{mount['mountPath']}/")
    assert [volume["name"] for volume in pod["volumes"]] == [mount["name"]]


def test_the_image_copies_what_is_there_for_both_lanes():
    text = (FOLDER / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (.*)$", text, re.M):
        *sources, _ = line.split()
        for source in sources:
            for lane in ("a", "b"):
                path = FOLDER.parent / source.replace("${LANE}", lane)
                assert path.exists(), path
    pythons = dict(re.findall(r"^FROM python:([\d.]+)\S* AS lane_(\w)$", text, re.M))
    assert pythons == {"3.10": "a", "3.13": "b"}
