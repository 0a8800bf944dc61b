"""The commits of a change, read as they are stored: git's own pretty printing can run programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy_engine.records import record
from policy_engine.sources.git.errors import GitError
from policy_engine.sources.git.objects import ObjectReader
from policy_engine.sources.git.program import Git

MAX_COMMIT_BYTES = 1024 * 1024  # signed merges of signed tags have some KiB

_PERSON = re.compile(rb"(.*?) ?<([^<>]*)>")
# Encodings that `i18n.commitEncoding` is really set to. Others, and what is wrong in these, are read as UTF-8.
_ENCODINGS = re.compile(
    r"us-?ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)125\d|koi8-[ru]|gbk|gb2312|gb18030|big5|euc-(jp|kr)|shift_jis",
    re.IGNORECASE,
)


@record(kw_only=True)
class Commit:
    """A commit. message: all of it, subject first. is_signed: a signature is there; nobody has verified it."""

    id: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str
    message: str
    is_signed: bool

    @property
    def subject(self) -> str:
        """Give the first paragraph of the message as one line, as git does."""
        return " ".join(self.message.strip("\n").partition("\n\n")[0].split("\n"))


def read_commits(base: str, head: str, limit: int, git: Git, objects: ObjectReader) -> tuple[Commit, ...]:
    """Read the commits that head has and base has not, newest first.

    base, head: ids; empty base for all of head's. Raises: GitError.
    """
    revisions = (head, f"^{base}") if base else (head,)
    ids = git.output("rev-list", f"--max-count={limit}", *revisions, "--").decode().split()
    for id, info in zip(ids, objects.describe(ids), strict=True):
        if info is None or info.type != "commit":
            raise GitError(f"commit `{id}` is missing from this clone, or damaged")
        if info.size_bytes > MAX_COMMIT_BYTES:
            raise GitError(f"commit `{id}` is larger than {MAX_COMMIT_BYTES} bytes")
    return tuple(_parsed(ids, objects))


def _parsed(ids: list[str], objects: ObjectReader) -> Iterator[Commit]:
    for id, content in zip(ids, objects.read(ids), strict=True):
        if content is None:
            raise GitError(f"commit `{id}` is missing from this clone, or damaged")
        yield parse_commit(id, content)


def parse_commit(id: str, content: bytes) -> Commit:
    """Read a commit object.

    Source: git Documentation/gitformat-signature.txt; a header's further lines begin with a space.
    """
    head, _, message = content.partition(b"\n\n")
    headers: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        if name:
            headers.setdefault(name, []).append(value)
    encoding = headers.get(b"encoding", [b""])[0].decode("ascii", "replace")
    if not _ENCODINGS.fullmatch(encoding):
        encoding = "utf-8"
    author_name, author_email = _person(headers.get(b"author", [b""])[0], encoding)
    committer_name, committer_email = _person(headers.get(b"committer", [b""])[0], encoding)
    return Commit(
        id=id,
        parents=tuple(parent.decode("ascii", "replace") for parent in headers.get(b"parent", ())),
        author_name=author_name,
        author_email=author_email,
        committer_name=committer_name,
        committer_email=committer_email,
        message=_text(message, encoding),
        is_signed=not headers.keys().isdisjoint((b"gpgsig", b"gpgsig-sha256")),
    )


def _person(line: bytes, encoding: str) -> tuple[str, str]:
    found = _PERSON.match(line)
    return ("", "") if found is None else (_text(found[1], encoding), _text(found[2], encoding))


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except LookupError:  # a number that no ISO 8859 has
        return data.decode("utf-8", "replace")
