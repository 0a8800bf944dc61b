"""What is rendered as one: a chart with its values, or a kustomization; and all of them in a tree."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from policy_engine.records import record
from policy_engine.sources import Broken


class Tool(StrEnum):
    """What renders a unit."""

    HELM = "helm"
    KUSTOMIZE = "kustomize"


@record(kw_only=True)
class Parameter:
    """One `--set` of Helm. text: `name=value`, as Helm reads it. is_string: the value stays a string."""

    text: str
    is_string: bool = False


@record(kw_only=True)
class Package:
    """A packaged chart from beside the repository.

    path: on the disk. charts: the folder it goes into. file, index: the dependency that asks for it; name and
    version are those of the package.
    """

    path: str
    charts: str
    file: str
    index: int
    name: str
    version: str


@record(kw_only=True)
class ChartInput:
    """What Helm gets besides files.

    name: of the chart. defaults: whether its own values.yaml counts.
    inline: values as JSON objects, put over the values files in this order; parameters are put over these.
    copies: charts that go into a `charts` folder before rendering, each with that folder, innermost first.
    archives: packages that do so, before them.
    subcharts: where templates are: `charts/db`, as Helm names it, and the folder or archive in the tree; or the
    file that asks for an archive beside it.
    """

    name: str
    defaults: bool = True
    inline: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    archives: tuple[Package, ...] = ()
    subcharts: tuple[tuple[str, str], ...] = ()


@record(kw_only=True)
class Unit:
    """What is rendered as one.

    path: its folder in the tree, empty for the root. file: the file there that makes it one.
    variant: what tells renderings of one folder apart, such as `values-prod.yaml`.
    title: for people. namespace: of objects that name none. release: of Helm.
    values: files, later ones win. inputs: the files that it reads, and folders, which end with `/`; an empty one
    stands for all of the tree.
    broken: why it cannot be rendered, found without trying.
    """

    tool: Tool
    path: str
    variant: str = ""
    file: str
    title: str
    namespace: str
    release: str = ""
    values: tuple[str, ...] = ()
    inputs: tuple[str, ...]
    chart: ChartInput | None = None
    broken: tuple[Broken, ...] = ()

    @property
    def key(self) -> tuple[Tool, str, str]:
        """Give what a unit of the base and the same one of the head have in common."""
        return self.tool, self.path, self.variant

    def reads(self, path: str) -> bool:
        """Tell whether a file has a say in what is rendered."""
        return path in self.inputs or path.startswith(self._folders())

    def reads_any(self, paths: Collection[str]) -> bool:
        """Tell whether any of several files has a say in what is rendered."""
        folders = self._folders()
        return not set(paths).isdisjoint(self.inputs) or any(path.startswith(folders) for path in paths)

    def _folders(self) -> tuple[str, ...]:
        return tuple(given for given in self.inputs if given.endswith("/") or not given)


@record(kw_only=True)
class Survey:
    """All units of a tree.

    parts: files that units are made of, which are judged as they are rendered and not as they are written.
    broken: faults that belong to no unit; those of a unit come out when it is rendered.
    former: what another revision renders and this one does not any more, though it is still there: as it is here.
    """

    units: tuple[Unit, ...] = ()
    parts: frozenset[str] = frozenset()
    broken: tuple[Broken, ...] = ()
    former: tuple[Unit, ...] = ()

    def is_part(self, path: str) -> bool:
        """Tell whether a file is no manifest by itself."""
        return path in self.parts


def reachable(base: Survey, head: Survey, changed: Collection[str]) -> list[tuple[Unit | None, Unit | None]]:
    """Pair the units of base and head that a change of files can reach, or that are on one side only."""
    before = {unit.key: unit for unit in base.units}
    after = {unit.key: unit for unit in head.units}
    keys = [*before, *(key for key in after if key not in before)]
    pairs = [(before.get(key), after.get(key)) for key in keys]
    return [pair for pair in pairs if _is_reached(*pair, changed)]


def _is_reached(base: Unit | None, head: Unit | None, changed: Collection[str]) -> bool:
    if base is None or head is None or base != head:
        return True
    return base.reads_any(changed)
