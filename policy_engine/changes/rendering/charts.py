"""The charts of a tree: what each is made of, what it depends on, and what is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policy_engine.changes.rendering.archives import LOCKS, Archives, is_exact, locked_versions
from policy_engine.changes.rendering.codes import RenderingCode, broken
from policy_engine.changes.rendering.folders import Folders, join, parent_of, prefix_of
from policy_engine.changes.rendering.small_files import SmallFile, items, mapping, read_small_files, text
from policy_engine.changes.rendering.units import Package
from policy_engine.records import record
from policy_engine.sources import Broken, Limits
from policy_engine.sources.trees import Tree

FILE_NAME = "Chart.yaml"
REQUIREMENTS = "requirements.yaml"  # where charts of apiVersion v1 have their dependencies
LOCAL = "file://"

# What people call the values files beside a chart's own: values-prod.yaml, values.prod.yaml, prod-values.yaml.
_VALUES_NAME = re.compile(r"values[-_.].+\.ya?ml|.+[-_.]values\.ya?ml")
_DEFAULT_VALUES = ("values.yaml", "values.yml")
_VALUES_FOLDER = "values"

# Behind a name, so that `db-2-1.0.0.tgz` is no `db`.
_VENDORED_VERSION = re.compile(r"-v?\d+(\.\d+){0,2}\.tgz|-v?\d+\.\d+\.\d+[-+].+\.tgz", re.ASCII)


@record(kw_only=True)
class Chart:
    """A chart as it is written.

    is_library: it renders nothing by itself.
    parent: the folder of the chart into whose `charts` folder it is vendored; None where there is none.
    locals: folders of its dependencies in the tree that are not vendored.
    subcharts: `charts/db`, as Helm names the place, and the folder or archive in the tree it comes from; for an
    archive beside the repository the file that asks for it. archives: those beside the repository.
    """

    folder: str
    file: str
    name: str
    is_library: bool
    parent: str | None
    locals: tuple[str, ...]
    subcharts: tuple[tuple[str, str], ...]
    archives: tuple[Package, ...]
    values_beside: tuple[str, ...]
    broken: tuple[Broken, ...]


@dataclass(slots=True)
class _Dependencies:
    """What is found of a chart's dependencies. Fields as in Chart."""

    locals: list[str] = field(default_factory=list)
    subcharts: list[tuple[str, str]] = field(default_factory=list)
    archives: list[Package] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def find_charts(
    tree: Tree, folders: Folders, limits: Limits, archives: Archives | None = None
) -> dict[str, Chart]:
    """Read all charts of a tree, by their folders. archives: where dependencies may be that the tree has not."""
    archives = archives or Archives()
    wanted = (FILE_NAME, REQUIREMENTS, *(LOCKS if archives.folder else ()))
    paths = [path for path in folders.below("") if path.rpartition("/")[2] in wanted and folders.is_file(path)]
    files = dict(read_small_files(tree, paths, limits))
    names = {parent_of(path): _name_in(file) for path, file in files.items() if path.endswith(FILE_NAME)}
    return {folder: _chart(folder, folders, files, names, archives) for folder in names}


def _name_in(file: SmallFile | Broken) -> str:
    return "" if isinstance(file, Broken) else text(file.value.get("name"))


def _chart(
    folder: str,
    folders: Folders,
    files: Mapping[str, SmallFile | Broken],
    names: Mapping[str, str],
    archives: Archives,
) -> Chart:
    path = join(folder, FILE_NAME)
    file = files[path]
    found = _Dependencies()
    if isinstance(file, Broken):
        found.broken.append(file)
    else:
        if not names[folder]:
            found.broken.append(file.fault(("name",), "a chart needs a `name`", code=RenderingCode.FAILED))
        asked = files.get(join(folder, REQUIREMENTS))
        locked = locked_versions(files, folder)
        for source in (file, asked):
            if isinstance(source, Broken):
                found.broken.append(source)
            elif source is not None:
                _find_dependencies(folder, source, folders, names, archives, locked, found)
    return Chart(
        folder=folder,
        file=path,
        name=names[folder],
        is_library=isinstance(file, SmallFile) and file.value.get("type") == "library",
        parent=_parent_chart(folder, names),
        locals=tuple(dict.fromkeys(found.locals)),
        subcharts=tuple(dict.fromkeys([*found.subcharts, *_vendored(folder, folders, names)])),
        archives=tuple(dict.fromkeys(found.archives)),
        values_beside=tuple(_values_beside(folder, folders)),
        broken=tuple(found.broken),
    )


def _find_dependencies(
    folder: str,
    file: SmallFile,
    folders: Folders,
    names: Mapping[str, str],
    archives: Archives,
    locked: Mapping[str, Sequence[str]],
    found: _Dependencies,
) -> None:
    vendored = dict(_vendored(folder, folders, names))
    seen: Counter[str] = Counter()
    for index, entry in enumerate(items(file.value.get("dependencies"))):
        fields = mapping(entry)
        name, alias = text(fields.get("name")), text(fields.get("alias"))
        repository = text(fields.get("repository"))
        # One chart may be there in several versions, which a lock has in the same order.
        pinned = locked.get(name, ())[seen[name] :][:1]
        seen[name] += 1
        here = f"charts/{name}"
        there = vendored.get(here) or _archive(folder, folders, name)
        if not there and repository.startswith(LOCAL):
            target = folders.follow(folder, repository.removeprefix(LOCAL) or ".")
            at = ("dependencies", index, "repository")
            if target.refusal:
                found.broken.append(file.fault(at, target.refusal, help=target.help))
                continue
            if target.path not in names:
                found.broken.append(file.fault(at, f"`{repository}` is no chart: it has no {FILE_NAME}"))
                continue
            if names[target.path] != name:
                message = f"`{repository}` is the chart `{names[target.path]}`, not `{name}`"
                found.broken.append(file.fault(at, message))
                continue
            there = target.path
            found.locals.append(there)
        if not there:
            version = pinned[0] if pinned else text(fields.get("version"))
            archive = archives.find(name, version)
            if not archive:
                found.broken.append(_missing(file, index, name, version, archives))
                continue
            twin = _twin(name, version, found.archives)
            if twin:
                message = f"Helm does not tell `{name}` {version} from {twin}, which the chart depends on as well"
                found.broken.append(file.fault(("dependencies", index), message))
                continue
            there = file.path
            found.archives.append(
                Package(
                    path=archive,
                    charts=join(folder, "charts"),
                    file=file.path,
                    index=index,
                    name=name,
                    version=version,
                )
            )
        found.subcharts.append((f"charts/{alias or name}", there))


def _twin(name: str, version: str, archives: Sequence[Package]) -> str:
    """Give another version of a package that Helm takes for the same: it looks at no build metadata."""
    same = version.removeprefix("v").partition("+")[0]
    others = (one.version for one in archives if one.name == name and one.version != version)
    return next((one for one in others if one.removeprefix("v").partition("+")[0] == same), "")


def _missing(file: SmallFile, index: int, name: str, version: str, archives: Archives) -> Broken:
    at = ("dependencies", index)
    if archives.folder and not is_exact(version):
        return file.fault(
            at,
            f"the dependency `{name}` is not in the repository, and no lock says which version of it is meant",
            help="run `helm dependency update` and commit `Chart.lock`: it says which package is taken",
        )
    if archives.folder:
        return file.fault(
            at,
            f"the dependency `{name}`, version `{version}`, is not in the repository, nor in `{archives.folder}`",
            help=f"put the package there before the gate runs: `{name}-{version}.tgz`",
        )
    return file.fault(
        at,
        f"the dependency `{name}` is not in the repository",
        help="nothing is downloaded to judge a change: run `helm dependency update` and commit the `charts` "
        "folder, or name a folder with packaged charts under `rendering.dependencies` in .polgate.yaml",
    )


def _vendored(folder: str, folders: Folders, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give the subcharts in a chart's `charts` folder, by the name that Helm gives their place."""
    within = join(folder, "charts")
    found = []
    for name in folders.names_in(within):
        path = join(within, name)
        if path in names:
            found.append((f"charts/{names[path]}", path))
    return found


def _archive(folder: str, folders: Folders, name: str) -> str:
    """Give a packaged subchart: `charts/NAME-VERSION.tgz`."""
    within = join(folder, "charts")
    for entry in folders.names_in(within):
        if entry.startswith(name) and _VENDORED_VERSION.fullmatch(entry, len(name)):
            return join(within, entry)
    return ""


def _parent_chart(folder: str, names: Mapping[str, str]) -> str | None:
    within, _, _ = folder.rpartition("/")
    if not folder or within.rpartition("/")[2] != "charts":
        return None
    above = parent_of(within)
    return above if above in names else None


def _values_beside(folder: str, folders: Folders) -> list[str]:
    found = []
    start = len(prefix_of(folder))
    for path in folders.below(folder):
        within, _, name = path[start:].rpartition("/")
        is_beside = not within and name not in _DEFAULT_VALUES and _VALUES_NAME.fullmatch(name) is not None
        if is_beside or (within == _VALUES_FOLDER and name.endswith((".yaml", ".yml"))):
            found.append(path)
    return found


def expand(chart: Chart, charts: Mapping[str, Chart]) -> tuple[list[Chart], list[Broken]]:
    """Give the charts of the tree that a chart is built of, itself last, and what is wrong with that."""
    order: list[Chart] = []
    faults: list[Broken] = []

    def visit(one: Chart, way: tuple[str, ...]) -> None:
        if one in order:
            return
        faults.extend(one.broken)
        for folder in one.locals:
            inside = one.folder == folder or prefix_of(one.folder).startswith(prefix_of(folder))
            if folder in way or inside:
                message = f"the chart depends on `{folder or '.'}`, which leads back to it"
                faults.append(broken(one.file, message, help="remove one of the dependencies"))
            else:
                visit(charts[folder], (*way, folder))
        order.append(one)

    visit(chart, (chart.folder,))
    return order, faults


def places_of(
    chart: Chart, charts: Mapping[str, Chart], within: str = "", depth: int = 10
) -> list[tuple[str, str]]:
    """Give where the templates of all subcharts come from, subcharts of subcharts too."""
    found = []
    for here, there in chart.subcharts:
        at = join(within, here)
        found.append((at, there))
        if there in charts and depth:
            found.extend(places_of(charts[there], charts, at, depth - 1))
    return found
