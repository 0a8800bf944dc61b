"""Paths of fields, by which every layer names a part of a document; sources turn them into lines."""

from __future__ import annotations

from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root of a document: `("spec", "containers", 0, "image")`."""


def render_path(path: FieldPath) -> str:
    """Write a path as people write it: `spec.containers[0].image`, `metadata.labels[app.io/name]`."""
    text = ""
    for segment in path:
        if isinstance(segment, str) and segment.replace("_", "a").isalnum():
            text += f".{segment}" if text else segment
        else:
            text += f"[{segment}]"
    return text
