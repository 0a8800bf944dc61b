"""What would go wrong with new settings, said while they can still be mended."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policy_engine.changes.settings.model import GateSettings
from policy_engine.sources.patterns import Patterns

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")  # as kustomize looks for them


def unusable(settings: GateSettings, paths: Collection[str]) -> Iterator[str]:
    """Say what settings name that is not there: from the next change on it would count for nothing, or fail.

    paths: all files of the revision that brings the settings.
    """
    for chart in settings.rendering.charts:
        if _join(chart.path, "Chart.yaml") not in paths:
            yield f"`rendering.charts`: `{chart.path or '.'}` is no chart"
        for path in dict.fromkeys(path for files in chart.values for path in files):
            if path not in paths:
                yield f"`rendering.charts`: the values file `{path}` is not there"
    for folder in settings.rendering.kustomizations:
        if not any(_join(folder, name) in paths for name in _KUSTOMIZATIONS):
            yield f"`rendering.kustomizations`: `{folder or '.'}` is no kustomization"
    if settings.include and not any(map(Patterns(settings.include).matches, paths)):
        yield "`paths.include` fits no file, so that nothing would be judged"


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
