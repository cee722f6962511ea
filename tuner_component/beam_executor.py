"""The TFX executor of a search on Beam: the pipeline's Beam options decide where."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.base import base_beam_executor

from tuner_component.executor import node_name


class BeamExecutor(base_beam_executor.BaseBeamExecutor):
    """Runs the search as a Beam pipeline and writes its artifacts."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs one step; arguments and errors are those of `executor.Executor`."""
        from tuner_component.step.request import Request
        from tuner_component.step.run import run

        run(
            Request(
                inputs=input_dict,
                outputs=output_dict,
                properties=exec_properties,
                node=node_name(self._context),
                beam_arguments=tuple(self._beam_pipeline_args),
            )
        )
