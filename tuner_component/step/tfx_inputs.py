"""What a step got from TFX, as JSON for the workers, and back."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner_component.data import SharedReader, Source, open_split
from tuner_component.errors import PreflightError
from tuner_component.model_code import ModelCode
from tuner_component.step import folds, preflight, prior_results
from tuner_component.step.user_module import BUILD_FUNCTION, UserModule

_PROPERTIES = ("train_args", "eval_args", "custom_config")


def describe(
    inputs: Mapping[str, Sequence[Any]],
    exec_properties: Mapping[str, Any],
    cache_folder: str,
) -> dict[str, Any]:
    """Returns the inputs of a step as JSON from which a worker makes `FnArgs`.

    Args:
        inputs: Input key to artifacts.
        exec_properties: The step's execution properties.
        cache_folder: A local folder for the parsed examples.
    """
    return {
        "artifacts": {
            key: [artifact.to_json_dict() for artifact in artifacts]
            for key, artifacts in inputs.items()
            if key not in prior_results.KEYS
        },
        "properties": {
            key: exec_properties[key]
            for key in _PROPERTIES
            if exec_properties.get(key) is not None
        },
        "cache_folder": cache_folder,
    }


def fn_args(inputs: Mapping[str, Any]) -> Any:
    """Returns TFX's `FnArgs` for what `describe` returned.

    Their `data_accessor` parses examples once and then reads memory. Without a
    `cache_folder` the process' own folder for temporary files serves. Their
    `working_dir` is this process', until `working_dir.enter` says which study's.
    """
    from tfx.components.trainer import fn_args_utils
    from tfx.types import artifact

    folder = inputs["cache_folder"] or tempfile.gettempdir()
    working_dir = Path(folder, f"working_dir-{os.getpid()}")
    working_dir.mkdir(parents=True, exist_ok=True)
    args = fn_args_utils.get_common_fn_args(
        {
            key: [artifact.Artifact.from_json_dict(item) for item in items]
            for key, items in inputs["artifacts"].items()
        },
        dict(inputs["properties"]),
        working_dir=str(working_dir),
    )
    stock = args.data_accessor
    reader = SharedReader(stock.tf_dataset_factory, folder)
    args.data_accessor = stock._replace(tf_dataset_factory=reader)
    return args


def load_tuner_fn(
    module: Mapping[str, str], inputs: Mapping[str, Any]
) -> tuple[Callable[..., Any], Any]:
    """Returns the user's `tuner_fn` and its `fn_args`, in a worker."""
    user = UserModule(**module)
    return getattr(user.load(), user.function), fn_args(inputs)


def load_model_code(
    module: Mapping[str, str],
    inputs: Mapping[str, Any],
    label_key: str,
    fit_defaults: Mapping[str, Any],
    seed: int,
    test_split: str | None = None,
) -> ModelCode:
    """Returns the user's `build_model` and the data, in a worker."""
    loaded = UserModule(**module).load()
    args = fn_args(inputs)
    schema = training_schema(args)
    factory = args.data_accessor.tf_dataset_factory
    test_files = _files_of(inputs, test_split) if test_split else None
    train, validation, test = (
        files and open_split(Source(factory, files, schema, label_key))
        for files in (args.train_files, args.eval_files, test_files)
    )
    return ModelCode(
        build_model=_with_fn_args(loaded, BUILD_FUNCTION, args),
        fit_args=_with_fn_args(loaded, "fit_args", args),
        train=train,
        validation=validation,
        test=test,
        fit_defaults={
            **fit_defaults,
            "steps_per_epoch": args.train_steps,
            "validation_steps": args.eval_steps,
        },
        cross_validation=functools.partial(_cross_validation, loaded, args),
        asks_for_folds=folds.are_wanted(loaded),
        seed=seed,
        fn_args=args,
    )


def _files_of(inputs: Mapping[str, Any], split: str) -> list[str]:
    """Returns the file patterns of a split, for what `describe` returned."""
    from tfx.types import artifact, artifact_utils
    from tfx.utils import io_utils

    examples = map(artifact.Artifact.from_json_dict, inputs["artifacts"]["examples"])
    uris = artifact_utils.get_split_uris(list(examples), split)
    return [str(io_utils.all_files_pattern(uri)) for uri in uris]


def checked_schema(args: Any) -> Any:
    """Returns the examples' schema; raises if schema and transform graph disagree."""
    if args.transform_graph_path and args.schema_path:
        from tensorflow_transform.output_wrapper import TFTransformOutput

        output = TFTransformOutput(args.transform_graph_path)
        preflight.check_schemas_agree(
            _read_schema(args.schema_path), output.raw_metadata.schema
        )
    return training_schema(args)


def training_schema(args: Any) -> Any:
    """Returns the schema of the examples: the transformed one where there is one."""
    if args.transform_graph_path:
        from tensorflow_transform.output_wrapper import TFTransformOutput

        output = TFTransformOutput(args.transform_graph_path)
        return output.transformed_metadata.schema
    return _read_schema(args.schema_path) if args.schema_path else None


def _read_schema(path: str) -> Any:
    """Returns the `Schema` in a text file."""
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx.utils import io_utils

    return io_utils.parse_pbtxt_file(path, schema_pb2.Schema())


def _cross_validation(module: Any, args: Any) -> Any:
    """Returns what the module's function of that name returns, if it has one."""
    import inspect

    function = getattr(module, folds.FOLD_FUNCTION, None)
    if function is None:
        return {}
    parameters = inspect.signature(function).parameters
    if not set(parameters) <= {"fn_args"}:
        raise PreflightError(
            f"cross_validation takes {sorted(parameters)}; expected no argument, or "
            "fn_args. Hyperparameters cannot change how trials are compared."
        )
    settings = function(fn_args=args) if parameters else function()
    if settings is None:
        raise PreflightError(
            'cross_validation() returned None; expected a dict, {"cv": 5} say. Return '
            "one, or remove the function."
        )
    return settings


def _with_fn_args(module: Any, name: str, args: Any) -> Callable[[Any], Any]:
    """Returns the module's function of one `hp`; it may take `fn_args` too."""
    import inspect

    function: Any = getattr(module, name, lambda _: {})
    if not callable(function):
        raise PreflightError(
            f"{name} of the module is a {type(function).__name__}; expected a "
            f"function, def {name}(hp) or def {name}(hp, fn_args)."
        )
    signature = inspect.signature(function)
    given = {"fn_args": args} if "fn_args" in signature.parameters else {}
    try:
        signature.bind(None, **given)
    except TypeError as error:
        raise PreflightError(
            f"{name}{signature} cannot be called with hp: {error}. Expected "
            f"def {name}(hp) or def {name}(hp, fn_args)."
        ) from error
    return functools.partial(function, **given)
