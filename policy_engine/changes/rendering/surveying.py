"""All charts and kustomizations of a tree, found by reading only the files that say what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from policy_engine.changes.rendering.archives import Archives
from policy_engine.changes.rendering.chart_units import ChartUnits, parts_of_charts
from policy_engine.changes.rendering.charts import Chart, find_charts
from policy_engine.changes.rendering.deployments import Deployment, find_deployments
from policy_engine.changes.rendering.folders import Folders, join
from policy_engine.changes.rendering.kustomizations import Kustomization, closure, find_kustomizations, roots_of
from policy_engine.changes.rendering.units import Survey, Tool, Unit
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import Broken, Limits
from policy_engine.sources.trees import Tree

DEFAULT_NAMESPACE = "default"


def _everything(_path: str) -> bool:
    return True


def survey(
    tree: Tree,
    settings: Rendering,
    limits: Limits,
    *,
    namespace: str = DEFAULT_NAMESPACE,
    is_judged: Callable[[str], bool] = _everything,
    before: Iterable[Unit] = (),
) -> Survey:
    """Find what is rendered in a tree. before: what an earlier revision renders.

    namespace: of objects that name none, where nothing says where a chart or kustomization is deployed.
    is_judged: tells paths that are looked at. A chart or kustomization that is not takes no file from judging.
    """
    folders = Folders(tree)
    charts = find_charts(tree, folders, limits, Archives(settings.dependencies))
    kustomizations = find_kustomizations(tree, folders, limits)
    if not charts and not kustomizations:
        return Survey()
    deployments = find_deployments(tree, folders, charts, kustomizations, limits)
    by_folder: dict[str, list[Deployment]] = {}
    for one in deployments:
        by_folder.setdefault(one.folder, []).append(one)
    units: list[Unit] = []
    parts: set[str] = set()
    judged = [folder for folder, chart in charts.items() if is_judged(chart.file)]
    for folder in judged:
        chart = charts[folder]
        if _is_rendered(chart, charts, judged) or (folder in by_folder and not chart.is_library):
            made = ChartUnits(chart, charts, folders, settings, namespace).make(by_folder.get(folder, []))
            parts.update(
                filter(
                    folders.entries.__contains__, parts_of_charts(made, charts, folders, with_crds=settings.helm)
                )
            )
            units.extend(made if settings.helm else [])
    parts.update(
        path for folder in judged for path in folders.below(join(folder, "templates")) if _is_hidden(path)
    )
    if settings.kustomize:
        judged = [folder for folder, one in kustomizations.items() if is_judged(one.file)]
        for folder in _kustomizations_to_render(settings, kustomizations, judged, by_folder):
            deployed = by_folder.get(folder, [])
            faults = [] if settings.kustomizations else [fault for one in deployed for fault in one.broken]
            namespaces = sorted({one.namespace for one in deployed if one.namespace}) or [namespace]
            for one_namespace in namespaces:
                variant = f"in {one_namespace}" if len(namespaces) > 1 else ""
                units.append(_kustomization_unit(folder, kustomizations, one_namespace, variant, faults))
            parts.update(units[-1].inputs)
    rendered = {(unit.key, unit.namespace) for unit in units}
    former = []
    for unit in before:
        if (unit.key, unit.namespace) in rendered:
            continue
        if unit.tool is Tool.KUSTOMIZE and unit.path in kustomizations:
            former.append(_kustomization_unit(unit.path, kustomizations, unit.namespace, unit.variant, []))
        elif unit.tool is Tool.HELM and unit.path in charts:
            former.append(unit)  # all that it needs is in its folder: what takes it in has to render, too
    units.sort(key=lambda unit: (unit.path, unit.tool, unit.variant))
    return Survey(units=tuple(units), parts=frozenset(parts), former=tuple(former))


def _is_rendered(chart: Chart, charts: Mapping[str, Chart], judged: Collection[str]) -> bool:
    """Tell whether a chart is rendered by itself: no library, and no part of another one that is rendered."""
    if chart.is_library:
        return False
    return chart.parent is None or charts[chart.parent].is_library or chart.parent not in judged


def _is_hidden(path: str) -> bool:
    """Tell whether a template renders nothing by itself. Source: Helm's engine skips files that begin with `_`."""
    return path.rpartition("/")[2].startswith("_")


def _kustomizations_to_render(
    settings: Rendering,
    kustomizations: Mapping[str, Kustomization],
    judged: Collection[str],
    deployments: Mapping[str, list[Deployment]],
) -> list[str]:
    if settings.kustomizations:
        asked = (folder.strip("/").removeprefix("./") for folder in settings.kustomizations)
        return [folder for folder in dict.fromkeys("" if one == "." else one for one in asked) if folder in judged]
    deployed = [folder for folder in judged if folder in deployments]
    return list(dict.fromkeys([*roots_of(kustomizations, judged), *deployed]))


def _kustomization_unit(
    folder: str, kustomizations: Mapping[str, Kustomization], namespace: str, variant: str, faults: list[Broken]
) -> Unit:
    needed = [kustomizations[one] for one in closure(folder, kustomizations)]
    return Unit(
        tool=Tool.KUSTOMIZE,
        path=folder,
        variant=variant,
        file=kustomizations[folder].file,
        title=f"kustomization {folder or '.'}{f' {variant}' if variant else ''}",
        namespace=namespace,
        inputs=tuple(dict.fromkeys(path for one in needed for path in one.files)),
        broken=(*(fault for one in needed for fault in one.broken), *faults),
    )
