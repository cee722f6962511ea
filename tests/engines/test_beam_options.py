from __future__ import annotations

import pytest
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions

from tuner_component.engines.beam.options import check_folder, settle
from tuner_component.errors import PreflightError


def _direct(settled):
    options = PipelineOptions(list(settled.arguments)).view_as(DirectOptions)
    return options.direct_running_mode, options.direct_num_workers


@pytest.mark.parametrize(
    ("arguments", "wanted", "expected"),
    [
        ([], None, ("multi_threading", 3)),
        ([], 2, ("multi_threading", 2)),
        (["--direct_num_workers=4"], None, ("multi_threading", 4)),
        (["--direct_num_workers", "4"], 4, ("multi_threading", 4)),
        (["--direct_running_mode=multi_processing"], 2, ("multi_processing", 2)),
        (["--direct_running_mode=in_memory"], None, ("in_memory", 1)),
        (["--runner=DirectRunner", "--direct_num_workers=1"], None, ("multi_threading", 1)),
        (["--direct_num_workers=4", "--direct_num_workers=2"], 2, ("multi_threading", 2)),
        (["/kfp/launcher.py", "--direct_num_workers=2"], 2, ("multi_threading", 2)),
    ],
)  # fmt: skip
def test_what_is_left_open_is_settled(arguments, wanted, expected):
    settled = settle(arguments, wanted, 3)
    assert _direct(settled) == expected
    assert settled.num_slots == expected[1]
    assert settled.is_direct


@pytest.mark.parametrize(
    ("arguments", "wanted", "slots"),
    [
        (["--runner=FlinkRunner"], 4, 4),
        (["--runner=FlinkRunner", "--parallelism=6"], None, 6),
        (["--runner=SparkRunner", "--spark_master_url=local[2]"], None, 2),
        (["--runner=PortableRunner"], 5, 5),
    ],
)
def test_other_runners_say_how_many_trials_run_at_once(arguments, wanted, slots):
    settled = settle(arguments, wanted, 3)
    assert settled.num_slots == slots
    assert not settled.is_direct


def test_workers_stay_warm_from_round_to_round_unless_told_otherwise():
    warm = "--environment_cache_millis=60000"
    assert warm in settle(["--runner=FlinkRunner"], 2, 2).arguments
    told = settle(["--runner=SparkRunner", "--environment_cache_millis=5"], 2, 2)
    assert told.arguments == ("--runner=SparkRunner", "--environment_cache_millis=5")
    assert warm not in settle([], 2, 2).arguments


@pytest.mark.parametrize(
    ("arguments", "wanted", "message"),
    [
        (["--direct_num_workers=4"], 2, "--direct_num_workers=4, but 2 trials"),
        (["--direct_running_mode=in_memory"], 2, "runs one trial at a time"),
        (["--direct_num_workers=two"], None, "--direct_num_workers=two; expected"),
        (["--runner=FlinkRunner", "--parallelism=4"], 2, "--parallelism=4, but 2"),
        (["--runner=SparkRunner", "--spark_master_url=local[4]"], 2, r"=4, but 2"),
        (["--runner=NoSuchRunner"], None, "--runner=NoSuchRunner, which cannot be had"),
        (["--runner=no.such.Runner"], None, "--runner=no.such.Runner, which cannot"),
        (["--runner=FlinkRunner", "--flink_job_server_jar=/a.jar"], None, "no file"),
        (["--runner=PortableRunner", "--num_workers=5", "--max_num_workers=2"], None, "at most as many"),
        ([3], None, "holds 3 of type int"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused(arguments, wanted, message):
    with pytest.raises(PreflightError, match=message):
        settle(arguments, wanted, 2)


def test_a_folder_of_this_machine_is_refused_for_workers_elsewhere():
    from tuner_component.engines.beam.options import Settled

    dataflow = Settled((), 2, "DataflowRunner")
    with pytest.raises(PreflightError, match="/home/me/studies is on this machine"):
        check_folder("/home/me/studies", dataflow)
    check_folder("gs://bucket/studies", dataflow)
    check_folder("/home/me/studies", settle([], 2, 2))
