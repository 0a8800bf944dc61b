"""All charts and kustomizations of a tree, found by reading only the files that say what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_engine.changes.rendering.charts import Chart, expand, find_charts, places_of
from policy_engine.changes.rendering.codes import broken
from policy_engine.changes.rendering.deployments import Deployment, find_deployments
from policy_engine.changes.rendering.folders import Folders, join, prefix_of
from policy_engine.changes.rendering.kustomizations import Kustomization, closure, find_kustomizations, roots_of
from policy_engine.changes.rendering.units import ChartInput, Survey, Tool, Unit
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import Broken, Limits
from policy_engine.sources.trees import Tree

DEFAULT_NAMESPACE = "default"


def survey(tree: Tree, settings: Rendering, limits: Limits, *, namespace: str = DEFAULT_NAMESPACE) -> Survey:
    """Find what is rendered in a tree.

    namespace: of objects that name none, where nothing says where a chart or kustomization is deployed.
    """
    folders = Folders(tree)
    charts = find_charts(tree, folders, limits)
    kustomizations = find_kustomizations(tree, folders, limits)
    if not charts and not kustomizations:
        return Survey()
    deployments = find_deployments(tree, folders, charts, kustomizations, limits)
    by_folder: dict[str, list[Deployment]] = {}
    for one in deployments:
        by_folder.setdefault(one.folder, []).append(one)
    units: list[Unit] = []
    parts: set[str] = set()
    for chart in charts.values():
        if not chart.is_inside and not chart.is_library:
            made = _ChartUnits(chart, charts, folders, settings, namespace).make(by_folder.get(chart.folder, []))
            parts.update(
                filter(folders.entries.__contains__, _chart_parts(made, charts, folders, with_crds=settings.helm))
            )
            units.extend(made if settings.helm else [])
    parts.update(
        path for folder in charts for path in folders.below(join(folder, "templates")) if _is_hidden(path)
    )
    if settings.kustomize:
        for folder in _kustomizations_to_render(settings, kustomizations, by_folder):
            deployed = by_folder.get(folder, [])
            faults = [] if settings.kustomizations else [fault for one in deployed for fault in one.broken]
            namespaces = sorted({one.namespace for one in deployed if one.namespace}) or [namespace]
            for one_namespace in namespaces:
                variant = f"in {one_namespace}" if len(namespaces) > 1 else ""
                units.append(_kustomization_unit(folder, kustomizations, one_namespace, variant, faults))
            parts.update(units[-1].inputs)
    units.sort(key=lambda unit: (unit.path, unit.tool, unit.variant))
    return Survey(units=tuple(units), parts=frozenset(parts))


def _is_hidden(path: str) -> bool:
    """Tell whether a template renders nothing by itself. Source: Helm's engine skips files that begin with `_`."""
    return path.rpartition("/")[2].startswith("_")


class _ChartUnits:
    """The renderings of one chart."""

    def __init__(
        self,
        chart: Chart,
        charts: Mapping[str, Chart],
        folders: Folders,
        settings: Rendering,
        namespace: str,
    ) -> None:
        self._chart = chart
        self._folders = folders
        self._namespace = namespace
        self._settings = next((one for one in settings.charts if one.path.strip("/") == chart.folder), None)
        self._needed, self._faults = expand(chart, charts)
        self._places = places_of(chart, charts)

    def make(self, deployments: list[Deployment]) -> list[Unit]:
        """Give the renderings that settings ask for; else those of deployments and of values files besides."""
        chart, settings = self._chart, self._settings
        if settings is not None and settings.values:
            return [self._with_files(values) for values in settings.values]
        units = [] if settings is not None else [self._deployed(one) for one in deployments]
        if not units:
            units.append(self._with_files(()))
        used = {path for one in units for path in one.values}
        return units + [self._with_files((path,)) for path in chart.values_beside if path not in used]

    def _with_files(self, values: tuple[str, ...]) -> Unit:
        names = [self._shown(path) for path in values]
        missing = [path for path in values if not self._folders.is_file(path)]
        settings = self._settings
        return self._unit(
            variant=" ".join(names),
            suffix=f" with {' and '.join(names)}" if names else "",
            namespace=settings.namespace if settings else "",
            release=settings.release if settings else "",
            values=values,
            chart=self._input(),
            broken=[
                broken(
                    self._chart.file,
                    f"the values file `{path}` is not there",
                    help="`rendering.charts` in `.polgate.yaml` names it",
                )
                for path in missing
            ],
        )

    def _deployed(self, one: Deployment) -> Unit:
        return self._unit(
            variant=one.variant,
            suffix=f" as {one.title} deploys it",
            namespace=one.namespace,
            release=one.release,
            values=one.values,
            chart=self._input(one),
            broken=one.broken,
            inputs=(one.manifest,),
        )

    def _input(self, one: Deployment | None = None) -> ChartInput:
        return ChartInput(
            name=self._chart.name,
            defaults=one.defaults if one else True,
            inline=one.inline if one else (),
            parameters=one.parameters if one else (),
            copies=tuple(
                (folder, join(chart.folder, "charts")) for chart in self._needed for folder in chart.locals
            ),
            subcharts=tuple(self._places),
        )

    def _unit(
        self,
        *,
        variant: str,
        suffix: str,
        namespace: str,
        release: str,
        values: tuple[str, ...],
        chart: ChartInput,
        broken: Iterable[Broken],
        inputs: tuple[str, ...] = (),
    ) -> Unit:
        folder = self._chart.folder
        return Unit(
            tool=Tool.HELM,
            path=folder,
            variant=variant,
            file=self._chart.file,
            title=f"chart {folder or self._chart.name}{suffix}",
            namespace=namespace or self._namespace,
            release=release or self._chart.name,
            values=values,
            inputs=(*(prefix_of(one.folder) for one in self._needed), *values, *inputs),
            chart=chart,
            broken=(*self._faults, *broken),
        )

    def _shown(self, path: str) -> str:
        return path.removeprefix(prefix_of(self._chart.folder))


def _chart_parts(
    units: list[Unit], charts: Mapping[str, Chart], folders: Folders, *, with_crds: bool
) -> Iterable[str]:
    """Give the files of a chart, and of the charts it is built of, that Helm reads as parts of it.

    with_crds: where nothing is rendered, CRDs are manifests like any other.
    """
    for unit in units:
        yield from unit.values
    needed = {path.rstrip("/") for path in units[0].inputs if path.endswith("/") or not path}
    for folder in needed:
        if folder not in charts:
            continue
        kinds = ("templates", "charts", "crds") if with_crds else ("templates", "charts")
        yield from charts[folder].values_beside
        for name in ("Chart.yaml", "Chart.lock", "requirements.yaml", "values.yaml", "values.schema.json"):
            yield join(folder, name)
        for kind in kinds:
            yield from folders.below(join(folder, kind))


def _kustomizations_to_render(
    settings: Rendering,
    kustomizations: Mapping[str, Kustomization],
    deployments: Mapping[str, list[Deployment]],
) -> list[str]:
    if settings.kustomizations:
        asked = (folder.strip("/").removeprefix("./") for folder in settings.kustomizations)
        return [
            folder
            for folder in dict.fromkeys("" if one == "." else one for one in asked)
            if folder in kustomizations
        ]
    deployed = [folder for folder in kustomizations if folder in deployments]
    return list(dict.fromkeys([*roots_of(kustomizations), *deployed]))


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
