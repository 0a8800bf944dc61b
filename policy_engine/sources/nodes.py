"""A document as it is written: a tree of nodes, each with its place. Built only where places are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.scalars import MERGE_TAG, plain_key, tagged_key


@dataclass(slots=True, eq=False)
class ScalarNode:
    """A scalar. plain: it was written without quotes and without a tag, so its text decides its type."""

    start: int
    end: int
    text: str
    plain: bool = False
    tag: str | None = None

    @property
    def is_merge(self) -> bool:
        """Tell whether this is the key `<<` that merges mappings."""
        return self.text == "<<" and (self.plain or self.tag == MERGE_TAG)

    def as_key(self) -> str:
        """Give the JSON key this scalar becomes. Raises: scalars.ScalarError."""
        if self.plain:
            return plain_key(self.text)
        return self.text if self.tag is None else tagged_key(self.tag, self.text)


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A list. size and height count what aliases stand for."""

    start: int
    end: int = -1
    items: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping, its pairs in the order they are written. size and height count what aliases stand for."""

    start: int
    end: int = -1
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    size: int = 1
    height: int = 1
    _members: dict[str, tuple[Node, Node]] | None = None

    def members(self) -> dict[str, tuple[Node, Node]]:
        """Give key and value of every member by name; what is merged stands where it was written.

        Only for mappings that construct() has accepted: every key has a name.
        """
        if self._members is None:
            self._members = members = {}
            for key, value in self.pairs:
                name = resolved(key)
                assert isinstance(name, ScalarNode)
                if name.is_merge:
                    for mapping in merged_mappings(value):
                        members.update(mapping.members())
                else:
                    members[name.as_key()] = (key, value)
        return self._members


@dataclass(slots=True, eq=False)
class AliasNode:
    """`*name`: another node, complete before this one was met."""

    start: int
    end: int
    name: str
    target: ScalarNode | SequenceNode | MappingNode


Node = ScalarNode | SequenceNode | MappingNode | AliasNode


@record
class Found:
    """Where a field is: its key, or None for an item of a list, and its value.

    depth: how many segments of the path exist.
    """

    key: Node | None
    value: Node
    depth: int


def find(root: Node, path: FieldPath) -> Found:
    """Find the field a path names, or its nearest ancestor that exists."""
    key: Node | None = None
    value, depth = root, 0
    for segment in path:
        child = _child(value, segment)
        if child is None:
            break
        key, value = child
        depth += 1
    return Found(key, value, depth)


def _child(node: Node, segment: str | int) -> tuple[Node | None, Node] | None:
    node = resolved(node)
    if isinstance(node, MappingNode) and isinstance(segment, str):
        return node.members().get(segment)
    if isinstance(node, SequenceNode) and isinstance(segment, int) and 0 <= segment < len(node.items):
        return None, node.items[segment]
    return None


def resolved(node: Node) -> ScalarNode | SequenceNode | MappingNode:
    """Give what a node stands for: an alias's target, any other node itself."""
    return node.target if isinstance(node, AliasNode) else node


def merged_mappings(value: Node) -> list[MappingNode]:
    """Give the mappings that `<<: value` merges, the one that counts most first; no mapping is left out silently.

    Source: go-yaml v2 decode.go `merge`: in a list, earlier mappings win over later ones.
    """
    value = resolved(value)
    items = value.items if isinstance(value, SequenceNode) else [value]
    targets = [resolved(item) for item in reversed(items)]
    return [target for target in targets if isinstance(target, MappingNode)]
