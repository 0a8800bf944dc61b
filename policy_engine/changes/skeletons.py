"""The skeletons of Backstage's software templates: text that becomes the files of another repository.

Source: Backstage, built-in scaffolder actions `fetch:template` and `fetch:cookiecutter`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from policy_engine.sources import Document, DocumentReader
from policy_engine.sources.trees import Tree

_GROUPS = ("scaffolder.backstage.io", "backstage.io")  # the second up to v1beta2
_ACTIONS = ("fetch:template", "fetch:cookiecutter")


def find_skeletons(tree: Tree) -> frozenset[str]:
    """Find what the templates of a repository name as their skeletons: folders, and single files.

    A whole repository is none, and of a path with `${{ }}` in it only what stands before is known.
    """
    reader = DocumentReader()
    found: set[str] = set()
    for path, data in tree.read_many(tree.containing(_ACTIONS), reader.limits):
        for entry in reader.read(path, data) if isinstance(data, bytes) else ():
            if isinstance(entry, Document) and entry.kind == "Template" and _group(entry) in _GROUPS:
                found.update(_named_by(entry))
    return frozenset(found)


def is_in_skeleton(path: str, skeletons: frozenset[str]) -> bool:
    """Tell whether a file is one of them, or in one of them."""
    return any(path == skeleton or path.startswith(f"{skeleton}/") for skeleton in skeletons)


def _group(document: Document) -> str:
    return document.api_version.partition("/")[0]


def _named_by(template: Document) -> Iterator[str]:
    spec = template.value.get("spec")
    steps = spec.get("steps") if isinstance(spec, dict) else None
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, dict) or not str(step.get("action")).startswith(_ACTIONS):
            continue
        given = step.get("input")
        url = given.get("url") if isinstance(given, dict) else None
        if isinstance(url, str) and ":" not in url:
            known, unknown, _ = url.partition("${{")
            if unknown:
                known = posixpath.dirname(known)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(template.path), known))
            if path != "." and not path.startswith(("..", "/")):
                yield path
