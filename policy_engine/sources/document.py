"""One Kubernetes object out of a file, and what kept other parts of files from being one."""

from __future__ import annotations

from dataclasses import dataclass

from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Excerpt, Place, Span
from policy_engine.sources.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """A Kubernetes object and the way back to its text.

    path: of its file, as shown to people.
    index: 0-based, counts the documents of the file; the items of a List share their List's.
    value: not to be changed: aliases and the items of Lists share parts.
    inside: where the object is in its document: empty, or ("items", 3) in a List.
    """

    path: str
    index: int
    value: dict[str, JsonValue]
    inside: FieldPath
    layout: Places

    @property
    def api_version(self) -> str:
        """Give the object's apiVersion."""
        return str(self.value.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """Give the object's kind."""
        return str(self.value.get("kind", ""))

    @property
    def name(self) -> str:
        """Give the object's name, its generateName where it has none, or nothing."""
        metadata = self.value.get("metadata")
        if not isinstance(metadata, dict):
            return ""
        name = metadata.get("name") or metadata.get("generateName")
        return name if isinstance(name, str) else ""

    @property
    def namespace(self) -> str:
        """Give the namespace the object names, or nothing."""
        metadata = self.value.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        return namespace if isinstance(namespace, str) else ""

    def start(self) -> Place:
        """Give where the object begins."""
        return self.locate(()).start if self.inside else self.layout.start()

    def locate(self, field_path: FieldPath) -> Span:
        """Find a field, its key and all of its value, or the nearest ancestor's key where it is missing."""
        return self.layout.locate(self.inside + field_path)

    def excerpt(self, place: Place) -> Excerpt:
        """Give the line of a place in this file, to be shown."""
        return self.layout.source.excerpt(place)


@record(kw_only=True)
class Note:
    """A second place that belongs to a fault: `set before here`. path: empty where it is in the same file."""

    place: Place
    text: str
    excerpt: Excerpt
    path: str = ""


@record(kw_only=True)
class Broken:
    """A file, or one document of it, that cannot be judged.

    place: None where the file could not be read at all.
    index: of the document in its file, or None where all of the file is concerned.
    """

    path: str
    code: str
    message: str
    help: str = ""
    place: Place | None = None
    excerpt: Excerpt | None = None
    note: Note | None = None
    index: int | None = None


@record(kw_only=True)
class LeftOut:
    """A document that is no Kubernetes object and so nothing to judge; without a place, a link not followed."""

    path: str
    reason: str
    place: Place | None = None
