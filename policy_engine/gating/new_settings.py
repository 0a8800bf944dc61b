"""What would go wrong with new settings, said while they can still be mended."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policy_engine.authoring.fields import Problem
from policy_engine.changes.settings.model import GateSettings
from policy_engine.field_paths import FieldPath
from policy_engine.sources.patterns import Patterns

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")  # as kustomize looks for them
_NO_CHART = "name a folder that holds a Chart.yaml, from the root of the repository"
_NO_KUSTOMIZATION = "name a folder that holds a kustomization.yaml, from the root of the repository"
_NO_FILE = "patterns are written as in `.gitignore`: `*.yaml`, `apps/`"


def unusable(settings: GateSettings, paths: Collection[str]) -> Iterator[Problem]:
    """Say what settings name that is not there: from the next change on it would count for nothing, or fail.

    paths: all files of the revision that brings the settings.
    """
    charts: FieldPath = ("rendering", "charts")
    told: set[str] = set()
    where: FieldPath
    for index, chart in enumerate(settings.rendering.charts):
        if _join(chart.path, "Chart.yaml") not in paths:
            where, message = (*charts, index, "path"), f"`{chart.path or '.'}` is no chart"
            yield Problem(path=where, message=message, help=_NO_CHART)
        for i, files in enumerate(chart.values):
            for j, path in enumerate(files):
                if path not in paths and path not in told:
                    told.add(path)
                    where = (*charts, index, "values", i, j)
                    yield Problem(path=where, message=f"the values file `{path}` is not there")
    for index, folder in enumerate(settings.rendering.kustomizations):
        if not any(_join(folder, name) in paths for name in _KUSTOMIZATIONS):
            where, message = ("rendering", "kustomizations", index), f"`{folder or '.'}` is no kustomization"
            yield Problem(path=where, message=message, help=_NO_KUSTOMIZATION)
    if settings.include and not any(map(Patterns(settings.include).matches, paths)):
        message = "no file fits these patterns, so that nothing would be judged"
        yield Problem(path=("paths", "include"), message=message, help=_NO_FILE)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
