"""A folder with what one rendering needs, and nothing else, for as long as it takes."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType

from policy_engine.changes.rendering import schemas
from policy_engine.changes.rendering.codes import broken
from policy_engine.changes.rendering.folders import Folders
from policy_engine.changes.rendering.small_files import items, mapping, read_small_files, text
from policy_engine.changes.rendering.units import Package, Tool, Unit
from policy_engine.sources import Broken, Limits
from policy_engine.sources.files import read_file
from policy_engine.sources.tree_copy import copy_files
from policy_engine.sources.trees import Tree

ORIGINS = "originAnnotations"
BUILD_METADATA = "buildMetadata"

_DEPENDENCIES = "dependencies"
_VERSION = "version"
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class Workspace:
    """A unit's files in a temporary folder.

    keeps_origins: the kustomization itself asks for annotations that tell where objects come from.
    """

    def __init__(self, tree: Tree, unit: Unit, limits: Limits) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="polgate-render-", ignore_cleanup_errors=True)
        # Tools name the folder in their messages as the system resolves it.
        self.root = os.path.realpath(self._temporary.name)
        self.files = os.path.join(self.root, "tree")
        self.home = os.path.join(self.root, "home")
        os.mkdir(self.files)
        os.mkdir(self.home)
        self.keeps_origins = False
        self.broken: list[Broken] = []
        try:
            self._fill(tree, unit, limits)
        except OSError as error:
            self.broken.append(self._unfilled(unit, error))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        self._temporary.cleanup()

    def path_of(self, path: str) -> str:
        """Give where a path of the tree is."""
        return os.path.join(self.files, *path.split("/")) if path else self.files

    def write(self, name: str, value: object) -> str:
        """Write JSON into a file beside the tree, and give its path."""
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def _fill(self, tree: Tree, unit: Unit, limits: Limits) -> None:
        folders = Folders(tree)
        wanted = (path for given in unit.inputs for path in _files_of(folders, given))
        for problem in copy_files(tree, wanted, self.files, limits):
            if isinstance(problem, Broken):
                self.broken.append(problem)
                continue
            # A template may read any file of its chart, by names that nobody can foresee.
            message = f"belongs to the {unit.title}, and is a {problem.reason}"
            self.broken.append(broken(problem.path, message, help="put the file itself there"))
        if self.broken:
            return
        if unit.tool is Tool.KUSTOMIZE:
            self._ask_for_origins(tree, unit, limits)
        elif unit.chart is not None:
            self._check_schemas(limits)
            for path, charts in dict.fromkeys((one.path, one.charts) for one in unit.chart.archives):
                self._add_package(path, charts, unit, limits)
            self._pin(tree, unit.chart.archives, limits)
            for folder, charts in unit.chart.copies:
                self._vendor(folder, charts)
            values = os.path.join(self.path_of(unit.path), "values.yaml")
            if not unit.chart.defaults and os.path.exists(values):
                with open(values, "w", encoding="utf-8") as file:
                    file.write("{}\n")

    def _unfilled(self, unit: Unit, error: OSError) -> Broken:
        """Say what kept files from being put together, by the path that people know."""
        path = error.filename if isinstance(error.filename, str) else ""
        within = os.path.relpath(path, self.files).replace(os.sep, "/") if path.startswith(self.files) else ""
        reason = (error.strerror or "some of them cannot be copied").lower()
        help = "give what is in the way another name: dependencies go into the folder `charts`"
        return broken(
            unit.file,
            f"the files of the {unit.title} cannot be put together: {f'`{within}`: ' if within else ''}{reason}",
            help=help if isinstance(error, FileExistsError | NotADirectoryError) else "",
        )

    def _check_schemas(self, limits: Limits) -> None:
        """Refuse what Helm would read that is no part of the chart, by way of a schema."""
        for folder, _, names in os.walk(self.files):
            for name in names:
                path = os.path.join(folder, name)
                shown = os.path.relpath(path, self.files).replace(os.sep, "/")
                data = read_file(path, limits) if schemas.is_read(shown) else None
                if data is not None:
                    self._check_schema(shown, "", path, data)

    def _check_schema(self, shown: str, what: str, path: str, data: bytes | Broken) -> None:
        fault = schemas.fault_in(path, data) if isinstance(data, bytes) else data.message
        if fault:
            help = "Helm would follow that: have the schema hold all that it needs, under `$defs`"
            self.broken.append(broken(shown, what + fault, help=help if "refers" in fault else ""))

    def _add_package(self, archive: str, charts: str, unit: Unit, limits: Limits) -> None:
        """Put a package from beside the repository into the `charts` folder of a chart, as it is."""
        data = read_file(archive, limits)
        if isinstance(data, Broken):
            self.broken.append(broken(unit.file, f"the dependency `{archive}`: {data.message}", help=data.help))
            return
        self._check_schema(unit.file, f"the dependency `{archive}` ", archive, data)
        into = self.path_of(charts)
        os.makedirs(into, exist_ok=True)
        with open(os.path.join(into, os.path.basename(archive)), "xb") as file:
            file.write(data)

    def _pin(self, tree: Tree, packages: Sequence[Package], limits: Limits) -> None:
        """Have charts ask for just the packages that were taken: Helm drops what does not fit, without a word."""
        for path, file in read_small_files(tree, dict.fromkeys(one.file for one in packages), limits):
            if isinstance(file, Broken):
                self.broken.append(file)
                continue
            entries = items(file.value.get(_DEPENDENCIES))
            for one in (one for one in packages if one.file == path):
                # What the base asks for may be rendered with the files of the head.
                entry = mapping(entries[one.index]) if one.index < len(entries) else {}
                if text(entry.get("name")) != one.name:
                    message = f"does not ask for the dependency `{one.name}` where it did before"
                    self.broken.append(broken(path, message, help="change dependencies in a change of their own"))
                    break
                # Helm takes other ways of writing a key for the same one.
                others = {key: to for key, to in entry.items() if key.casefold() != _VERSION}
                entries[one.index] = {**others, _VERSION: one.version}
            self._write_anew(path, {**file.value, _DEPENDENCIES: entries})

    def _vendor(self, folder: str, charts: str) -> None:
        """Put a chart into the `charts` folder of another, under a name that nothing has there."""
        into = self.path_of(charts)
        os.makedirs(into, exist_ok=True)
        name = os.path.basename(folder) or "root"
        while os.path.exists(os.path.join(into, name)):
            name += "-"
        shutil.copytree(self.path_of(folder), os.path.join(into, name))

    def _ask_for_origins(self, tree: Tree, unit: Unit, limits: Limits) -> None:
        """Have kustomize annotate where each object comes from.

        The kustomization is written anew, as JSON. A second one that builds on it would say the same, but then
        what the first one says in `buildMetadata` would not count.
        """
        for path, file in read_small_files(tree, [unit.file], limits):
            if isinstance(file, Broken):
                self.broken.append(file)
                continue
            asked = items(file.value.get(BUILD_METADATA))
            self.keeps_origins = ORIGINS in asked
            value = {**file.value, BUILD_METADATA: [*asked, *([] if self.keeps_origins else [ORIGINS])]}
            self._write_anew(path, value)

    def _write_anew(self, path: str, value: Mapping[str, object]) -> None:
        """Write a file of the tree as JSON, with escapes as YAML has them: JSON's pairs of surrogates are none."""
        written = _UNPRINTABLE.sub(lambda found: f"\\U{ord(found[0]):08x}", json.dumps(value, ensure_ascii=False))
        with open(self.path_of(path), "w", encoding="utf-8") as copy:
            copy.write(written)


def _files_of(folders: Folders, given: str) -> Sequence[str]:
    """Give the files that an input stands for."""
    if given.endswith("/") or not given:
        return folders.below(given.rstrip("/"))
    return (given,) if given in folders.entries else ()
