"""What a figure was measured with: versions, seed and machine, so that it can be measured again."""

import os
import platform
import subprocess
from importlib import metadata

from eval.suites.base import SuiteOptions, SuiteResult

_PACKAGES = (
    "journey-insight-agent",
    "chromadb",
    "duckdb",
    "ibis-framework",
    "langchain-chroma",
    "langchain-core",
    "numpy",
    "onnxruntime",
    "openai",
    "pydantic",
    "scikit-learn",
    "sqlalchemy",
)


def manifest_of(result: SuiteResult, options: SuiteOptions, *, command: str) -> dict[str, object]:
    """Return the manifest of a run: command, seed, versions, commit and machine; no host name, no path."""
    return {
        "suite": result.suite,
        "command": command,
        "seed": options.seed,
        "quick": options.quick,
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors{_vector_instructions()}",
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """Return the commit measured, with `+` where the tree differs from it."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def _git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words


def _vector_instructions() -> str:
    """Say whether the processor has the int8 dot product the encoder lives on."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - no file of the project
            return ", VNNI" if "vnni" in lines.read() else ", no VNNI"
    except OSError:
        return ""
