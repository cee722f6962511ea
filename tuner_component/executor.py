"""The TFX executor: artifacts and properties in, artifacts out."""

from __future__ import annotations

import json
from typing import Any

from tfx.dsl.components.base import base_executor

SEARCH_KEY = "search"
LABEL_KEY = "label_key"
TRIAL_RECORD_KEY = "trial_record"
BEST_MODEL_KEY = "best_model"
REPORT_KEY = "report"
METRICS_KEY = "metrics"


class Executor(base_executor.BaseExecutor):
    """Runs the search and writes its artifacts."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs one step.

        Args:
            input_dict: Input key to artifacts; the stock component's inputs, and
                `prior_results` or `prior_trials`.
            output_dict: Output key to artifacts; those that are missing are not
                written.
            exec_properties: The stock component's, `search` and `label_key`.

        Raises:
            TunerError: If the step cannot be done; the message says what to do.
        """
        from tuner_component.step.request import Request
        from tuner_component.step.run import run
        from tuner_component.vertex import submission, tuning_args

        request = Request(
            inputs=input_dict,
            outputs=output_dict,
            properties=exec_properties,
            node=node_name(self._context),
        )
        if tuning_args.is_asked_for(
            json.loads(exec_properties.get("custom_config") or "null")
        ):
            submission.run(request)
        else:
            run(request)


def node_name(context: Any) -> str:
    """Returns the node's name in the pipeline, where the context tells it."""
    node = context.pipeline_node if context else None
    return str(node.node_info.id) if node else "Tuner"
