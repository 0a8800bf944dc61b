"""A revision kept in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from policy_engine.sources import Broken, Limits, ProblemCode
from policy_engine.sources.reading import too_large
from policy_engine.sources.trees import EntryKind, TreeEntry
from policy_engine.sources.walk import EXTENSIONS


class MemoryTree:
    """Files by path; beside them symbolic links and submodules, by path."""

    def __init__(
        self, files: Mapping[str, str | bytes], *, links: Collection[str] = (), submodules: Collection[str] = ()
    ) -> None:
        self.id = "memory"
        self._data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        kinds = {
            **dict.fromkeys(self._data, EntryKind.FILE),
            **dict.fromkeys(links, EntryKind.LINK),
            **dict.fromkeys(submodules, EntryKind.SUBMODULE),
        }
        self._entries = {
            path: TreeEntry(path=path, kind=kind, id=path, size_bytes=len(self._data.get(path, b"")))
            for path, kind in sorted(kinds.items())
        }

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        data = self._data.get(path)
        if data is None:
            return Broken(path=path, code=ProblemCode.FILE_UNREADABLE, message="cannot be read: no such file")
        return too_large(path, limits) if len(data) > limits.file_bytes else data

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        for path in paths:
            yield path, self.read(path, limits)

    def link(self, path: str) -> str:
        raise NotImplementedError

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        folders = tuple(f"{folder}/" for folder in under)
        return [
            path
            for path, data in self._data.items()
            if path.endswith(EXTENSIONS)
            and (not folders or path.startswith(folders))
            and any(word.encode() in data for word in words)
        ]
