"""What surrounds the objects of a change: Namespaces and custom kinds, as the repository describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policy_engine.admission import Unknown
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import object_labels, object_name, with_name_label
from policy_engine.sources import Document, DocumentReader
from policy_engine.sources.trees import Tree


class RepositoryNamespaces:
    """Namespaces by their manifests, looked for when the first is needed.

    Those of the base count; the head only tells of namespaces that are new. So a change gets no other rules by
    labelling its namespace otherwise: that label counts from the next change on.

    known: those that lie with the policies. labels: from the settings, by name; they win over manifests.
    """

    def __init__(
        self,
        base: Tree,
        head: Tree,
        *,
        known: Iterable[JsonObject] = (),
        labels: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._trees = (head, base)  # the later one wins
        self._known = tuple(known)
        self._labels = labels or {}
        self._found: dict[str, JsonObject] | None = None

    def find(self, name: str) -> JsonObject | Unknown:
        """Give a Namespace, or say that nothing describes it. Those of a cluster may be more than these."""
        if self._found is None:
            self._found = self._search()
        found = self._found.get(name)
        if found is None and name in self._labels:
            found = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        if found is None:
            return Unknown(f"no manifest and no setting describes namespace `{name}`")
        if name in self._labels:
            labels = {**object_labels(found), **self._labels[name]}
            found = {**found, "metadata": {**found["metadata"], "labels": labels}}
        return with_name_label(found)

    def _search(self) -> dict[str, JsonObject]:
        found: dict[str, JsonObject] = {}
        for tree in self._trees:
            for document in documents_containing(tree, "Namespace"):
                if (document.api_version, document.kind) == ("v1", "Namespace"):
                    found[document.name] = document.value
        found.update((object_name(value), value) for value in self._known)
        return found


def find_definitions(base: Tree, head: Tree) -> tuple[JsonObject, ...]:
    """Find the CustomResourceDefinitions of a repository; those of the base come first."""
    found: dict[str, JsonObject] = {}
    for tree in (base, head):  # whatever defines a kind first, keeps it
        for document in documents_containing(tree, "CustomResourceDefinition"):
            if document.kind == "CustomResourceDefinition":
                found.setdefault(document.name, document.value)
    return tuple(found.values())


def documents_containing(tree: Tree, word: str) -> Iterator[Document]:
    """Read the objects of all files in which a word stands. What cannot be read tells nothing here."""
    reader = DocumentReader()
    for path, data in tree.read_many(tree.containing([word]), reader.limits):
        if isinstance(data, bytes):
            for entry in reader.read(path, data):
                if isinstance(entry, Document):
                    yield entry
