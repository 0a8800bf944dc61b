"""Objects of one revision, and what makes an object of another revision the same one."""

from __future__ import annotations

from typing import NamedTuple

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.manifests import kind_of, namespace_of
from policy_engine.records import record
from policy_engine.sources.document import Document
from policy_engine.sources.values import JsonValue
from policy_engine.wording import object_words


class Identity(NamedTuple):
    """What an object is in a cluster, whatever version of its kind it is written in."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return object_words(self.kind, self.namespace, self.name)


@record(kw_only=True)
class Manifest:
    """One object of a revision.

    target: where the settings say that it goes; empty where they say nothing.
    scope: what must not hold an object twice: the plain manifests of a target, or one rendering.
    origin: what rendered it, for people; empty for a plain manifest.
    namespace: of namespaced objects that name none.
    is_secret: what it holds is not to be shown, as of a file with passwords. Of a Secret it never is.
    """

    document: Document
    target: str = ""
    scope: str = ""
    origin: str = ""
    namespace: str = "default"
    is_secret: bool = False

    def identity(self, kinds: Kinds = BUILT_IN_KINDS) -> Identity:
        """Tell what the object is. One with only a generateName is another object whenever it is applied."""
        value = self.document.value
        kind = kind_of(value)
        group, name = kinds.family(kind)
        namespace = namespace_of(value, kind, kinds=kinds, default=self.namespace)
        return Identity(group, name, "" if name == "Namespace" else namespace, self.document.name)

    @property
    def is_named(self) -> bool:
        """Tell whether the object has a name of its own."""
        return bool(self._name)

    @property
    def is_unique(self) -> bool:
        """Tell whether there can be only one of it. Of a template's `${{ values.name }}` there may be many."""
        return self.is_named and "{{" not in str(self._name)

    @property
    def _name(self) -> JsonValue:
        metadata = self.document.value.get("metadata")
        return metadata.get("name") if isinstance(metadata, dict) else None
