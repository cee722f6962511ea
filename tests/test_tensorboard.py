"""What TensorBoard's own HParams plug-in reads of an exported search."""

from __future__ import annotations

import pytest

from tuner_component import tensorboard
from tuner_component.errors import TunerError
from tuner_component.step.outputs import write_trial_record
from tuner_component.trial import (
    REPEAT_OF,
    Measurement,
    Reason,
    Trial,
    TrialError,
    TrialState,
)


def _completed(number, units, score, **more):
    curve = [Measurement(e, {"val_loss": score + 2 - e}, float(e)) for e in (1, 2)]
    return Trial(
        trial_id=f"{number:04d}",
        number=number,
        values={"units": units, "kind": "a", "norm": True},
        seed=0,
        state=TrialState.COMPLETED,
        score=score,
        metrics={"loss": 0.5, "val_loss": score},
        measurements=tuple(curve),
        started_at=1e9,
        duration_seconds=2.0,
        **more,
    )


_TRIALS = (
    _completed(0, 8, 0.75),
    _completed(1, 16, 0.25),
    _completed(2, 16, 0.5, note={REPEAT_OF: "0001"}),
    Trial("0003", 3, {"units": 4, "kind": "b", "norm": False}, 0, TrialState.FAILED,
          error=TrialError(Reason.USER_ERROR, "no"), started_at=1e9),
    Trial("0004", 4, {"units": 2, "kind": "b", "norm": False}, 0),
)  # fmt: skip


def _exported(folder):
    identity = {"objective": {"name": "val_loss", "direction": "min"}}
    write_trial_record(str(folder / "record"), _TRIALS, {"identity": identity}, "")
    assert tensorboard.export(str(folder / "record"), str(folder / "logs")) == 4
    return str(folder / "logs")


def _read(log_dir):
    from tensorboard.backend.event_processing import (
        data_provider,
        plugin_event_multiplexer,
    )

    runs = plugin_event_multiplexer.EventMultiplexer()
    runs.AddRunsFromDirectory(log_dir)
    runs.Reload()
    return runs, data_provider.MultiplexerDataProvider(runs, log_dir)


def test_the_plugin_lists_trials_with_values_and_metrics(tmp_path):
    from tensorboard import context
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import (
        api_pb2,
        backend_context,
        get_experiment,
        list_session_groups,
    )

    log_dir = _exported(tmp_path)
    provider = _read(log_dir)[1]
    backend = backend_context.Context(TBContext(data_provider=provider, logdir=log_dir))
    told = get_experiment.Handler(
        context.RequestContext(), backend, "id", api_pb2.GetExperimentRequest()
    ).run()
    assert {info.name for info in told.hparam_infos} == {"units", "kind", "norm"}
    names = [info.name.tag for info in told.metric_infos]
    assert names == ["val_loss", "epoch/val_loss", "loss"]
    asked = api_pb2.ListSessionGroupsRequest(slice_size=9)
    asked.allowed_statuses.extend([api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE])
    groups = list_session_groups.Handler(
        context.RequestContext(), backend, "id", asked
    ).run().session_groups  # fmt: skip
    assert {g.name: len(g.sessions) for g in groups} == {
        "0000": 1,
        "0001": 2,
        "0003": 1,
    }
    first = next(group for group in groups if group.name == "0000")
    assert first.hparams["units"].number_value == 8
    assert first.hparams["norm"].bool_value
    metrics = {value.name.tag: value.value for value in first.metric_values}
    assert metrics == {"val_loss": 0.75, "epoch/val_loss": 0.75, "loss": 0.5}
    failed = next(group for group in groups if group.name == "0003")
    assert failed.sessions[0].status == api_pb2.STATUS_FAILURE


def test_a_run_has_the_curve_and_a_second_export_replaces_the_first(tmp_path):
    _exported(tmp_path)
    runs = _read(_exported(tmp_path / "."))[0]
    curve = runs.Tensors("0000", "epoch/val_loss")
    assert [(event.step, event.wall_time) for event in curve] == [
        (1, 1e9 + 1),
        (2, 1e9 + 2),
    ]


def test_a_folder_that_is_no_trial_record_is_named(tmp_path, capsys):
    with pytest.raises(TunerError, match=r"trials\.jsonl"):
        tensorboard.export(str(tmp_path), str(tmp_path / "logs"))
    assert tensorboard.main([str(tmp_path), str(tmp_path / "logs")]) == 1
    assert str(tmp_path) in capsys.readouterr().err
