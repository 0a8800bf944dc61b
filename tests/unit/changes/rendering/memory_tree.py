"""A tree kept in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha1

from policy_engine.sources import Broken, Limits, ProblemCode
from policy_engine.sources.trees import EntryKind, TreeEntry


class MemoryTree:
    """Files by path; links: symbolic links by path, with what they point at."""

    def __init__(self, files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> None:
        self._data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self._entries = {path: _entry(path, data, EntryKind.FILE) for path, data in self._data.items()}
        for path, target in (links or {}).items():
            self._entries[path] = _entry(path, target.encode(), EntryKind.LINK)
        self._entries = dict(sorted(self._entries.items()))
        self.id = sha1(repr(sorted(self._data.items())).encode()).hexdigest()
        self.reads: list[str] = []

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        self.reads.append(path)
        data = self._data.get(path)
        if data is None:
            return Broken(path=path, code=ProblemCode.FILE_UNREADABLE, message="is not there")
        if len(data) > limits.file_bytes:
            return Broken(path=path, code=ProblemCode.FILE_TOO_LARGE, message="too large")
        return data

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        for path in paths:
            yield path, self.read(path, limits)

    def link(self, path: str) -> str:
        raise NotImplementedError

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        return [
            path
            for path, data in sorted(self._data.items())
            if path.endswith((".yaml", ".yml", ".json"))
            and any(word.encode() in data for word in words)
            and (not under or any(path.startswith(f"{folder}/") for folder in under))
        ]


def _entry(path: str, data: bytes, kind: EntryKind) -> TreeEntry:
    return TreeEntry(path=path, kind=kind, id=sha1(data).hexdigest(), size_bytes=len(data))
