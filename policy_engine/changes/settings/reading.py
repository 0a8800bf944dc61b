"""From the bytes of `.polgate.yaml` to settings, or to everything that is wrong with them."""

from __future__ import annotations

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.files import BrokenFiles, Written, parse_written
from policy_engine.authoring.mistakes import Mistake
from policy_engine.changes.settings.decode import decode
from policy_engine.changes.settings.model import KIND, GateSettings
from policy_engine.records import record
from policy_engine.sources.limits import Limits

# Written by hand: a repository with a thousand charts needs some 100 KiB.
LIMITS = Limits(file_bytes=1024 * 1024, documents=10, depth=20, nodes=100_000, scalar_length=10_000)


@record
class WrittenSettings:
    """Settings, and the way back to their lines."""

    settings: GateSettings
    document: Written


def read_settings(path: str, data: bytes) -> WrittenSettings:
    """Read a file's settings. path: as it is shown to people.

    Raises: BrokenFiles, with every mistake at its line.
    """
    documents = parse_written(path, data, LIMITS)
    if len(documents) != 1:
        found = f"{len(documents)} documents" if documents else "nothing"
        raise BrokenFiles([Mistake(path=path, message=f"expected one document, {KIND}, found {found}")])
    problems: list[Problem] = []
    settings = decode(documents[0].value, problems)
    if settings is None or problems:
        raise BrokenFiles(sorted({documents[0].mistake(problem) for problem in problems}))
    return WrittenSettings(settings, documents[0])
