"""Packaged charts that lie beside the repository, where whoever runs the gate has put them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping

from policy_engine.changes.rendering.folders import join
from policy_engine.changes.rendering.small_files import SmallFile, items, mapping, text
from policy_engine.sources import Broken

LOCKS = ("Chart.lock", "requirements.lock")

_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\da-zA-Z.+-]+)?", re.ASCII)
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)  # no name leads into another folder


class Archives:
    """A folder with charts as `helm package` names them. folder: empty for none.

    What the folder holds is looked up only where a chart asks for it: most need nothing of it.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self._names: set[str] | None = None

    def find(self, name: str, version: str) -> str:
        """Give the path of a chart's package; empty where there is none. version: an exact one."""
        if not self.folder or not _NAME.fullmatch(name) or not is_exact(version):
            return ""
        package = f"{name}-{version}.tgz"
        return os.path.join(self.folder, package) if package in self._all() else ""

    def _all(self) -> set[str]:
        if self._names is None:
            try:
                with os.scandir(self.folder) as entries:
                    self._names = {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
            except OSError:
                self._names = set()
        return self._names


def is_exact(version: str) -> bool:
    """Tell whether a version is one, and no range of them."""
    return _EXACT.fullmatch(version) is not None


def locked_versions(files: Mapping[str, SmallFile | Broken], folder: str) -> dict[str, list[str]]:
    """Give the versions that a chart's lock file pins, each name in order. files: by path."""
    versions: dict[str, list[str]] = {}
    for lock in LOCKS:
        file = files.get(join(folder, lock))
        if isinstance(file, SmallFile):
            versions = defaultdict(list)  # of two locks Helm reads the second over the first
            for entry in map(mapping, items(file.value.get("dependencies"))):
                versions[text(entry.get("name"))].append(text(entry.get("version")))
    return dict(versions)
