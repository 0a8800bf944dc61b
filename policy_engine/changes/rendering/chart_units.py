"""The renderings of one chart: with which values, where to, and with which other charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_engine.changes.rendering.charts import Chart, expand, places_of
from policy_engine.changes.rendering.codes import broken
from policy_engine.changes.rendering.deployments import Deployment
from policy_engine.changes.rendering.folders import Folders, join, prefix_of
from policy_engine.changes.rendering.units import ChartInput, Tool, Unit
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import Broken


class ChartUnits:
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
        settings = self._settings
        if settings is not None and settings.values:
            return [self._with_files(values) for values in settings.values]
        units = [] if settings is not None else [self._deployed(one) for one in deployments]
        if not units:
            units.append(self._with_files(()))
        used = {path for one in units for path in one.values}
        # A link is a part of the chart that none of its renderings can do without: each of these says so.
        beside = [path for path in self._chart.values_beside if path not in used and self._folders.is_file(path)]
        return units + [self._with_files((path,)) for path in beside]

    def _with_files(self, values: tuple[str, ...]) -> Unit:
        settings = self._settings
        names = [path.removeprefix(prefix_of(self._chart.folder)) for path in values]
        missing = [path for path in values if self._folders.kind_of(path) is None]
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
            archives=tuple(archive for chart in self._needed for archive in chart.archives),
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


def parts_of_charts(
    units: list[Unit], charts: Mapping[str, Chart], folders: Folders, *, with_crds: bool
) -> Iterable[str]:
    """Give the files of a chart, and of the charts it is built of, that Helm reads as parts of it.

    units: the renderings of one chart.
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
