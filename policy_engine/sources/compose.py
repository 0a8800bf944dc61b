"""YAML text to nodes with places: all of YAML, anchors and aliases included, within limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from policy_engine.sources.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
    event_source,
    syntax_error,
)
from policy_engine.sources.limits import Limits
from policy_engine.sources.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode
from policy_engine.sources.problems import DocumentError, ProblemCode

_NON_SPECIFIC = re.compile(r"(?:&\S+\s+)?!\s")


def compose(text: str, limits: Limits) -> Iterator[Node]:
    """Give the root node of every document of a YAML stream, one by one.

    Raises: DocumentError at the first fault; the documents before it were handed out.
    """
    try:
        get_event = event_source(text)
        while (event := get_event()) is not None:
            if event.__class__ is DocumentStartEvent:
                yield _Composer(text, get_event, limits).root()
    except YAMLError as error:
        raise syntax_error(error, text) from None


class _Composer:
    """Builds one document's nodes. Iterative, so that depth is a matter of limits and not of the stack."""

    def __init__(self, text: str, get_event: Callable[[], Any], limits: Limits) -> None:
        self._text = text
        self._get_event = get_event
        self._limits = limits
        # INVARIANT: a container is in here from its start, and complete once it has left the stack.
        self._anchors: dict[str, ScalarNode | SequenceNode | MappingNode] = {}

    def root(self) -> Node:
        """Read events up to the end of the root node."""
        stack: list[tuple[SequenceNode | MappingNode, Node | None]] = []
        container: SequenceNode | MappingNode | None = None
        key: Node | None = None  # the pending key of a mapping
        while True:
            event = self._get_event()
            kind = event.__class__
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                assert container is not None
                node: Node = container
                container.end = event.end_mark.index
                container, key = stack.pop() if stack else (None, None)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) + (container is not None) >= self._limits.depth:
                    raise _too_deep(event.start_mark.index, self._limits)
                if container is not None:
                    stack.append((container, key))
                container, key = self._open(event), None
                continue
            else:
                node = self._leaf(event)
            if container is None:
                return node
            if isinstance(container, SequenceNode):
                container.items.append(node)
            elif key is None:
                key = node
                self._count(container, node)
                continue
            else:
                container.pairs.append((key, node))
                key = None
            self._count(container, node)
            if len(stack) + container.height > self._limits.depth:
                raise _too_deep(node.start, self._limits)

    def _open(self, event: Any) -> SequenceNode | MappingNode:
        start = event.start_mark.index
        is_mapping = event.__class__ is MappingStartEvent
        node: SequenceNode | MappingNode = MappingNode(start) if is_mapping else SequenceNode(start)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _leaf(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if event.__class__ is AliasEvent:
            name: str = event.anchor or ""
            return AliasNode(start, end, name, self._target(name, start))
        if len(event.value) > self._limits.scalar_length:
            raise DocumentError(
                f"a string is longer than {self._limits.scalar_length} characters",
                code=ProblemCode.SCALAR_TOO_LONG,
                offset=start,
            )
        # libyaml drops the tag `!` and calls the scalar plain; go-yaml keeps the tag, and so the string.
        # It merges such a `<<` all the same.
        plain = event.implicit[0]
        if plain and event.value != "<<" and _NON_SPECIFIC.match(self._text, start) is not None:
            plain = False
        node = ScalarNode(start, end, event.value, plain, event.tag)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _target(self, name: str, offset: int) -> ScalarNode | SequenceNode | MappingNode:
        target = self._anchors.get(name)
        if target is None:
            raise DocumentError(
                f"unknown anchor `{name}` referenced", code=ProblemCode.ALIAS_INVALID, offset=offset
            )
        if target.end < 0:
            raise DocumentError(
                f"anchor `{name}` value contains itself",
                code=ProblemCode.ALIAS_INVALID,
                offset=offset,
                related=target.start,
                related_note="the anchor is here",
            )
        return target

    def _count(self, container: SequenceNode | MappingNode, child: Node) -> None:
        node = child.target if isinstance(child, AliasNode) else child
        if isinstance(node, ScalarNode):
            container.size += 1
        else:
            container.size += node.size
            container.height = max(container.height, node.height + 1)
        if container.size > self._limits.nodes:
            raise DocumentError(
                f"more than {self._limits.nodes} nodes, aliases followed",
                code=ProblemCode.TOO_MANY_NODES,
                offset=child.start,
            )


def _too_deep(offset: int, limits: Limits) -> DocumentError:
    return DocumentError(
        f"nested more than {limits.depth} levels deep, aliases followed",
        code=ProblemCode.TOO_DEEP,
        offset=offset,
    )
