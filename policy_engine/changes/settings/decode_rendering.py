"""Reading what is rendered, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy_engine.authoring.fields import Fields, Problem, name_of_type
from policy_engine.cel.libraries.name_rules import dns1123_label_problems
from policy_engine.changes.settings.model import Chart, Rendering
from policy_engine.changes.settings.texts import checked_paths, named_once, path_at, text_at

MAX_TIMEOUT_S = 3600  # as long as a CI job runs where nobody says otherwise
MIN_MEMORY_MB = 64  # a Go program does not start with less
MAX_MEMORY_MB = 1024 * 1024

# Source: Helm v3 pkg/chartutil/validate_name.go, `validName` and `maxNameLen`.
_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_RELEASE_LENGTH = 53


def decode_rendering(fields: Fields) -> Rendering:
    """Read `rendering`."""
    default = Rendering()
    helm, kustomize = fields.flag("helm"), fields.flag("kustomize")
    rendering = Rendering(
        helm=default.helm if helm is None else helm,
        kustomize=default.kustomize if kustomize is None else kustomize,
        dependencies=text_at(fields, "dependencies"),
        charts=tuple(_charts(fields)),
        kustomizations=tuple(
            map(_folder, checked_paths(fields.items("kustomizations", of_texts=True), fields.problems))
        ),
        timeout_s=_timeout(fields, default.timeout_s),
        memory_mb=_memory(fields, default.memory_mb),
    )
    fields.finish()
    return rendering


def _charts(fields: Fields) -> Iterator[Chart]:
    paths: set[str] = set()
    for value, path in fields.items("charts"):
        yield _chart(Fields(value, path, fields.problems), paths)


def _chart(fields: Fields, paths: set[str]) -> Chart:
    path = path_at(fields, "path")
    named_once(fields, "path", path, paths)
    chart = Chart(
        path=_folder(path),
        values=tuple(_values(fields)),
        namespace=text_at(fields, "namespace"),
        release=text_at(fields, "release"),
    )
    if chart.namespace:
        for wrong in dns1123_label_problems(chart.namespace):
            fields.problem(f"`{chart.namespace}` cannot be a namespace: {wrong}", "namespace")
    if chart.release and (len(chart.release) > _MAX_RELEASE_LENGTH or not _RELEASE.fullmatch(chart.release)):
        fields.problem(
            f"`{chart.release}` cannot be the name of a release",
            "release",
            help=f"at most {_MAX_RELEASE_LENGTH} lower case letters, digits, `-` and `.`",
        )
    fields.finish()
    return chart


def _folder(path: str) -> str:
    return "" if path == "." else path


def _values(fields: Fields) -> Iterator[tuple[str, ...]]:
    for value, path in fields.items("values"):
        if not isinstance(value, list):
            message = f"expected a list of the files of one rendering, found {name_of_type(value)}"
            help = "`values` is a list of lists: `[[a.yaml, b.yaml]]` is one rendering"
            fields.problems.append(Problem(path=path, message=message, help=help))
            continue
        yield checked_paths(((item, (*path, index)) for index, item in enumerate(value)), fields.problems)


def _timeout(fields: Fields, default: float) -> float:
    seconds = fields.number("timeoutSeconds")
    if seconds is None:
        return default
    if not 0 < seconds <= MAX_TIMEOUT_S:
        fields.problem(f"expected seconds above 0, up to {MAX_TIMEOUT_S}, found `{seconds}`", "timeoutSeconds")
        return default
    return float(seconds)


def _memory(fields: Fields, default: int) -> int:
    megabytes = fields.number("memoryMegabytes")
    if megabytes is None:
        return default
    if not MIN_MEMORY_MB <= megabytes <= MAX_MEMORY_MB or megabytes != int(megabytes):
        message = f"expected a whole number from {MIN_MEMORY_MB} to {MAX_MEMORY_MB}, found `{megabytes}`"
        fields.problem(message, "memoryMegabytes")
        return default
    return int(megabytes)
