"""Where test files are, with all that they name: on this machine, or in a revision."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection
from typing import Protocol

from policy_engine.authoring.files import BrokenFiles, Written, mistake_of, parse_written, read_written
from policy_engine.authoring.policy_files import LoadedPolicies, load_policies
from policy_engine.authoring.policy_trees import Revision, TreeFiles, load_policies_from
from policy_engine.errors import InputError
from policy_engine.records import record
from policy_engine.sources.document import Broken
from policy_engine.sources.limits import Limits
from policy_engine.sources.trees import EntryKind

SUFFIXES = (".test.yaml", ".test.yml")


class Origin(Protocol):
    """Where files come from that tests name."""

    def beside(self, test_path: str, name: str) -> str:
        """Give the path of what a test file names. Raises: InputError where it may not be read."""

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder."""

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file."""

    def read(self, path: str) -> list[Written]:
        """Read every document of a file. Raises: BrokenFiles."""

    def load(self, paths: Collection[str], *, version: str) -> LoadedPolicies:
        """Load policies. Raises: as `load_policies`."""


class _LocalFiles:
    """Files of this machine: whoever runs tests here may read what they name, wherever it is."""

    def beside(self, test_path: str, name: str) -> str:
        return os.path.join(os.path.dirname(test_path), name)

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def read(self, path: str) -> list[Written]:
        return read_written(path)

    def load(self, paths: Collection[str], *, version: str) -> LoadedPolicies:
        return load_policies(paths, version=version)


LOCAL_FILES: Origin = _LocalFiles()


@record
class RevisionFiles:
    """Files of a revision. Whoever wrote the test reads nothing else: no name leads out, no link is followed."""

    revision: Revision
    limits: Limits

    def beside(self, test_path: str, name: str) -> str:
        """Give the path of what a test file names. Raises: InputError where it is outside of the repository."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(test_path), name))
        if path.startswith(("/", "../")) or path == "..":
            raise InputError(f"`{name}` leads out of the repository", help="name files relative to the test file")
        return path

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder, or a link, which reading refuses."""
        entries = self.revision.entries()
        folder = "" if path == "." else path + "/"
        return path in entries or any(one.startswith(folder) for one in entries)

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file."""
        entry = self.revision.entries().get(path)
        return entry is not None and entry.kind is EntryKind.FILE

    def read(self, path: str) -> list[Written]:
        """Read every document of a file. Raises: BrokenFiles."""
        data = self.revision.read(path, self.limits)
        if isinstance(data, Broken):
            raise BrokenFiles([mistake_of(data)])
        return parse_written(path, data, self.limits)

    def load(self, paths: Collection[str], *, version: str) -> LoadedPolicies:
        """Load policies. Raises: as `load_policies`."""
        places = [TreeFiles(self.revision, tuple(paths))]
        return load_policies_from(places, version=version, limits=self.limits)
