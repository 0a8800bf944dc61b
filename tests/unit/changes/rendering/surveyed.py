"""A tree of a few files, surveyed and rendered with the usual settings."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from policy_engine.changes.rendering import Rendered, Survey, Unit, render, survey
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import DEFAULT_LIMITS, Document
from policy_engine.sources.values import JsonValue
from tests.memory_tree import MemoryTree

USUAL = Rendering()
CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  level: info\n"

Files = Mapping[str, str | bytes]


def surveyed(files: Files, settings: Rendering = USUAL, links: Mapping[str, str] | None = None) -> Survey:
    return survey(MemoryTree(files, links), settings, DEFAULT_LIMITS)


def only_unit(files: Files, settings: Rendering = USUAL, links: Mapping[str, str] | None = None) -> Unit:
    (unit,) = surveyed(files, settings, links).units
    return unit


def rendered(
    files: Files,
    settings: Rendering = USUAL,
    *,
    links: Mapping[str, str] | None = None,
    variant: str = "",
    kube_version: str = "",
) -> Rendered:
    tree = MemoryTree(files, links)
    units = [one for one in survey(tree, settings, DEFAULT_LIMITS).units if one.variant == variant]
    (unit,) = units
    return render(tree, unit, settings, DEFAULT_LIMITS, kube_version=kube_version)


def objects(made: Rendered) -> dict[tuple[str, str], Document]:
    """Give the objects of a rendering that worked, by kind and name."""
    assert made.broken == ()
    found = {(document.kind, document.name): document for document in made.documents}
    assert len(found) == len(made.documents)
    return found


def data_of(made: Rendered, name: str = "settings") -> JsonValue:
    return objects(made)["ConfigMap", name].value["data"]


def problem(made: Rendered) -> tuple[str, str, int, str]:
    """Give the code, the path, the line (0 for none) and the message of the only thing that is wrong."""
    assert made.documents == ()
    (one,) = made.broken
    return one.code, one.path, one.place.line if one.place else 0, one.message


def packed(files: Files) -> bytes:
    """Give files as `helm package` would pack them."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()
