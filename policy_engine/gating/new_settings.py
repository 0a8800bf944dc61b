"""What settings name that is not there, said while it can still be mended."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.files import BrokenFiles, Written
from policy_engine.authoring.mistakes import Mistake
from policy_engine.changes.codes import GateCode
from policy_engine.changes.rendering import charts, kustomizations
from policy_engine.changes.rendering.folders import join
from policy_engine.changes.settings.model import FILE, GateSettings
from policy_engine.changes.settings.reading import LIMITS, read_settings
from policy_engine.field_paths import FieldPath
from policy_engine.gating.objects import scheme_of
from policy_engine.reports.findings import Notice
from policy_engine.sources import Broken, Place
from policy_engine.sources.patterns import Patterns
from policy_engine.sources.trees import Tree

_NO_CHART = "name a folder that holds a Chart.yaml, from the root of the repository"
_NO_KUSTOMIZATION = "name a folder that holds a kustomization.yaml, from the root of the repository"
_NO_FILE = "patterns are written as in `.gitignore`: `*.yaml`, `apps/`"


def unusable(settings: GateSettings, paths: Collection[str]) -> Iterator[Problem]:
    """Say what settings name that is not there: from the next change on it would count for nothing, or fail.

    paths: all files of the revision that brings the settings.
    """
    field: FieldPath = ("rendering", "charts")
    told: set[str] = set()
    where: FieldPath
    for index, chart in enumerate(settings.rendering.charts):
        if join(chart.path, charts.FILE_NAME) not in paths:
            where, message = (*field, index, "path"), f"`{chart.path or '.'}` is no chart"
            yield Problem(path=where, message=message, help=_NO_CHART)
        for i, files in enumerate(chart.values):
            for j, path in enumerate(files):
                if path not in paths and path not in told:
                    told.add(path)
                    where = (*field, index, "values", i, j)
                    yield Problem(path=where, message=f"the values file `{path}` is not there")
    for index, folder in enumerate(settings.rendering.kustomizations):
        if not any(join(folder, name) in paths for name in kustomizations.FILE_NAMES):
            where, message = ("rendering", "kustomizations", index), f"`{folder or '.'}` is no kustomization"
            yield Problem(path=where, message=message, help=_NO_KUSTOMIZATION)
    if settings.include and not any(map(Patterns(settings.include).matches, paths)):
        message = "no file fits these patterns, so that nothing would be judged"
        yield Problem(path=("paths", "include"), message=message, help=_NO_FILE)
    elif paths and not any(map(scheme_of(settings).is_judged, paths)):
        message = "these patterns leave out every file, so that nothing would be judged"
        yield Problem(path=("paths", "exclude"), message=message, help=_NO_FILE)


def may_come(problem: Problem) -> bool:
    """Tell whether what is missing may come with a later change.

    How a chart is rendered has to be in force before the chart comes, or it would be rendered without its values.
    """
    return problem.path[:2] == ("rendering", "charts")


def notice_of(mistake: Mistake) -> Notice:
    """Tell a mistake in settings that stops nothing."""
    return Notice(
        code=GateCode.SETTINGS_INVALID,
        message=mistake.message,
        help=mistake.help,
        path=mistake.path,
        place=Place(mistake.line, mistake.column) if mistake.line else None,
    )


class Unusable(NamedTuple):
    """What settings that a change leaves alone name and is not there.

    lost: it was there before. standing: it was not there before either.
    """

    lost: tuple[Mistake, ...]
    standing: tuple[Mistake, ...]


def find_unusable(settings: GateSettings, base: Tree, head: Tree) -> Unusable:
    """Look for what settings name in a change that does not edit them. settings: those that count."""
    now = list(unusable(settings, head.entries()))
    if not now:
        return Unusable((), ())
    document = _document(head)
    before = {problem.path for problem in unusable(settings, base.entries())}
    mistakes = [(problem.path in before, _mistake(problem, document)) for problem in now]
    return Unusable(
        lost=tuple(mistake for was, mistake in mistakes if not was),
        standing=tuple(mistake for was, mistake in mistakes if was),
    )


def _document(tree: Tree) -> Written | None:
    data = tree.read(FILE, LIMITS)
    try:
        return None if isinstance(data, Broken) else read_settings(FILE, data).document
    except BrokenFiles:
        return None


def _mistake(problem: Problem, document: Written | None) -> Mistake:
    if document is None:  # the settings are newer than the branch
        return Mistake(path=FILE, message=problem.message, help=problem.help)
    return document.mistake(problem)
