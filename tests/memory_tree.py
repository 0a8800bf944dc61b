"""A revision kept in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha1

from policy_engine.sources import Broken, Limits, ProblemCode
from policy_engine.sources.reading import too_large
from policy_engine.sources.trees import EntryKind, TreeEntry
from policy_engine.sources.walk import EXTENSIONS


class MemoryTree:
    """Files by path; links: symbolic ones by path, with what they point at; and submodules. Notes what is read."""

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        links: Mapping[str, str] | None = None,
        submodules: Collection[str] = (),
    ) -> None:
        self._data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self._links = dict(links or {})
        entries = [
            *(_entry(path, EntryKind.FILE, data) for path, data in self._data.items()),
            *(_entry(path, EntryKind.LINK, target.encode()) for path, target in self._links.items()),
            *(_entry(path, EntryKind.SUBMODULE, b"") for path in submodules),
        ]
        self._entries = {entry.path: entry for entry in sorted(entries, key=lambda entry: entry.path)}
        self.id = sha1(repr(sorted(self._data.items())).encode()).hexdigest()
        self.reads: list[str] = []

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        self.reads.append(path)
        data = self._data.get(path)
        if data is None:
            return Broken(path=path, code=ProblemCode.FILE_UNREADABLE, message="cannot be read: no such file")
        return too_large(path, limits) if len(data) > limits.file_bytes else data

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        for path in paths:
            yield path, self.read(path, limits)

    def link(self, path: str) -> str:
        return self._links.get(path, "")

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        folders = tuple(f"{folder}/" for folder in under)
        return [
            path
            for path, data in sorted(self._data.items())
            if path.endswith(EXTENSIONS)
            and (not folders or path.startswith(folders))
            and any(word.encode() in data for word in words)
        ]


def _entry(path: str, kind: EntryKind, data: bytes) -> TreeEntry:
    return TreeEntry(path=path, kind=kind, id=sha1(data).hexdigest(), size_bytes=len(data))
