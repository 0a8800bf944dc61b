"""The objects of a repository, through two git processes that live as long as the reader does."""

from __future__ import annotations

import os
import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen

from policy_engine.records import record
from policy_engine.sources.git.errors import GitError
from policy_engine.sources.git.program import TIMEOUT_S, Git, stop

# The tree without files, which every repository has without storing it. By the kind of ids a repository uses.
EMPTY_TREES = (
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
)
# As much is asked at once. A pipe holds it even where the system is short of buffers (Linux pipe(7): one page),
# so that git and we never both wait for the other to read.
_ASKED_BYTES = 4096
_CHUNK_BYTES = 256 * 1024


@record(kw_only=True)
class ObjectInfo:
    """What an object is. type: blob, tree, commit or tag."""

    id: str
    type: str
    size_bytes: int


class ObjectReader:
    """Reads objects by name. Not for several threads at once."""

    def __init__(self, git: Git) -> None:
        self._lookups = _CatFile(git, "--batch-check")
        self._contents = _CatFile(git, "--batch")
        self._empty_tree = ""

    @property
    def empty_tree(self) -> str:
        """Give the id of the tree without files, as this repository writes ids."""
        if not self._empty_tree:
            self._empty_tree = next(one.id for one in self.describe(EMPTY_TREES) if one is not None)
        return self._empty_tree

    def describe(self, names: Iterable[str]) -> Iterator[ObjectInfo | None]:
        """Tell what objects are, in the order asked, without reading them. None: missing, or damaged.

        names: ids, or whatever else git takes for a revision, but no line breaks.
        """
        for chunk in _chunks(names):
            for answer in self._lookups.answers(chunk):
                yield None if answer is None else answer[0]

    def read(self, ids: Iterable[str]) -> list[bytes | None]:
        """Read objects whole, in the order given. None: missing, or damaged. Ask for their size before."""
        return [
            None if answer is None else answer[1]
            for chunk in _chunks(ids)
            for answer in self._contents.answers(chunk)
        ]

    def close(self) -> None:
        """End the processes. They start again when something is asked."""
        self._lookups.close()
        self._contents.close()


class _Ended(Exception):
    """git stopped in the middle, as it does at a damaged object."""


class _CatFile:
    """One `git cat-file` process, started when it is needed. INVARIANT: all that was asked is read at once."""

    def __init__(self, git: Git, mode: str) -> None:
        self._git = git
        self._has_content = mode == "--batch"
        self._mode = mode
        self._process: Popen[bytes] | None = None
        self._buffer = bytearray()

    def answers(self, names: Sequence[str]) -> list[tuple[ObjectInfo, bytes] | None]:
        """Ask for objects, no more than a pipe holds. None: missing, or damaged."""
        answers: list[tuple[ObjectInfo, bytes] | None] = []
        try:
            while len(answers) < len(names):
                if self._process is None:
                    self._start()
                self._ask(names[len(answers) :])
                try:
                    while len(answers) < len(names):
                        answers.append(self._answer())
                except _Ended:
                    self.close()
                    answers.append(None)  # the one it ended at; the others are asked of a new process
        except BaseException:
            self.close()
            raise
        return answers

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._buffer.clear()
        if process is not None:
            stop(process)

    def _start(self) -> None:
        self._process = process = self._git.start(("cat-file", self._mode), stdin=PIPE, stderr=DEVNULL)
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin.fileno(), process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        # Once it has answered, its end tells of an object, and not of a repository that git cannot open.
        self._ask(EMPTY_TREES[:1])
        try:
            self._answer()
        except _Ended:
            self._git.output("rev-parse", "--git-dir")  # says why
            raise GitError("`git cat-file` ended before it answered") from None

    def _ask(self, names: Sequence[str]) -> None:
        with suppress(BrokenPipeError):  # reading finds out too
            os.write(self._stdin, "".join(name + "\n" for name in names).encode("utf-8", "surrogateescape"))

    def _answer(self) -> tuple[ObjectInfo, bytes] | None:
        while (end := self._buffer.find(b"\n")) < 0:
            self._more()
        words = bytes(self._buffer[:end]).split(b" ")
        del self._buffer[: end + 1]
        if len(words) != 3 or words[0].strip(b"0123456789abcdef") or not words[2].isdigit():
            return None  # `NAME missing`, `NAME ambiguous`
        info = ObjectInfo(id=words[0].decode(), type=words[1].decode(), size_bytes=int(words[2]))
        return info, self._content(info.size_bytes) if self._has_content else b""

    def _content(self, size: int) -> bytes:
        while len(self._buffer) <= size:  # a line break follows it
            self._more()
        content = bytes(self._buffer[:size])
        del self._buffer[: size + 1]
        return content

    def _more(self) -> None:
        if not self._poll.poll(TIMEOUT_S * 1000):
            raise GitError(f"`git cat-file` took more than {TIMEOUT_S:g} s")
        data = os.read(self._stdout, _CHUNK_BYTES)
        if not data:
            raise _Ended
        self._buffer += data


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    room = _ASKED_BYTES
    for name in names:
        size = len(name) * 4 + 1 if not name.isascii() else len(name) + 1
        if chunk and size > room:
            yield chunk
            chunk, room = [], _ASKED_BYTES
        chunk.append(name)
        room -= size
    if chunk:
        yield chunk
