"""Packaged charts that lie beside the repository, where whoever runs the gate has put them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from policy_engine.changes.rendering.small_files import SmallFile, items, mapping, text
from policy_engine.sources import Broken

LOCKS = ("Chart.lock", "requirements.lock")

_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?", re.ASCII)
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)  # no name leads into another folder


class Archives:
    """A folder with charts as `helm package` names them. folder: empty for none.

    What the folder holds is looked up only where a chart asks for it: most need nothing of it.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self._names: list[str] | None = None

    def find(self, name: str, version: str) -> str:
        """Give the path of a chart's package; empty where there is none, or nobody can tell which is meant.

        version: as Chart.lock has it, or the range that Chart.yaml asks for: that needs to be the only one there.
        """
        if not self.folder or not _NAME.fullmatch(name):
            return ""
        if _EXACT.fullmatch(version):
            found = [one for one in self._all() if one == f"{name}-{version}.tgz"]
        else:
            found = [one for one in self._all() if re.fullmatch(rf"{re.escape(name)}-v?\d.*\.tgz", one)]
        return os.path.join(self.folder, found[0]) if len(found) == 1 else ""

    def _all(self) -> list[str]:
        if self._names is None:
            try:
                with os.scandir(self.folder) as entries:
                    self._names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
            except OSError:
                self._names = []
        return self._names


def locked_versions(files: Mapping[str, SmallFile | Broken], folder: str) -> dict[str, str]:
    """Give the versions that a chart's lock file pins, by name. files: by path."""
    versions: dict[str, str] = {}
    for lock in LOCKS:
        file = files.get(f"{folder}/{lock}" if folder else lock)
        if isinstance(file, SmallFile):
            for entry in map(mapping, items(file.value.get("dependencies"))):
                versions[text(entry.get("name"))] = text(entry.get("version"))
    return versions
