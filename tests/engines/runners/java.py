"""Command lines of the runners that are Java programs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.engines.runners.installed import runners

# What Flink and Spark look into beyond what Java 17 shows everybody.
_OPENED = (
    "java.io",
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.net",
    "java.nio",
    "java.time",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "sun.nio.ch",
)
_OPTIONS = (
    "-Xmx512m",
    "-XX:TieredStopAtLevel=1",  # quick to start
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


def java(
    runner: str,
    main: str,
    *arguments: str,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Returns the command that runs a class of a runner's jars."""
    opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENED]
    given = [f"-D{name}={value}" for name, value in settings.items()]
    jars = str(runners() / runner / "*")
    return ["java", *_OPTIONS, *opened, *given, "-cp", jars, main, *arguments]
