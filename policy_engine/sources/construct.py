"""Nodes to plain values, as go-yaml v2 and the way through JSON make them, and every duplicate key refused."""

from __future__ import annotations

from policy_engine.sources.nodes import (
    AliasNode,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    resolved,
)
from policy_engine.sources.problems import DocumentError, ProblemCode
from policy_engine.sources.scalars import (
    ScalarError,
    UnsupportedKey,
    UnsupportedValue,
    plain_value,
    tagged_value,
)
from policy_engine.sources.values import JsonValue


def construct(root: Node) -> JsonValue:
    """Give the value of a document. Aliases share one value: what comes out must not be changed.

    Raises: DocumentError.
    """
    return _Constructor().value(root)


class _Constructor:
    """Remembers what anchors stand for. Recursion is bounded, because the height of a node is."""

    def __init__(self) -> None:
        self._shared: dict[int, JsonValue] = {}

    def value(self, node: Node) -> JsonValue:
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if isinstance(node, AliasNode):
            target = node.target
            if isinstance(target, ScalarNode):
                return _scalar(target)
            # A target is missing only where it stands in a merged mapping or a key, which are not kept.
            return self._shared[id(target)] if id(target) in self._shared else self.value(target)
        value: JsonValue
        if isinstance(node, SequenceNode):
            value = [self.value(item) for item in node.items]
        else:
            value = self._mapping(node)
        self._shared[id(node)] = value
        return value

    def _mapping(self, node: MappingNode) -> dict[str, JsonValue]:
        result: dict[str, JsonValue] = {}
        written: dict[str, Node] = {}
        for key_node, value_node in node.pairs:
            key = resolved(key_node)
            if isinstance(key, ScalarNode) and key.is_merge:
                self._merge(result, value_node)
                continue
            name = _key(key, key_node)
            if name in written:
                raise DocumentError(
                    f"key `{name}` is already set in this mapping",
                    code=ProblemCode.DUPLICATE_KEY,
                    offset=key_node.start,
                    help="keep one of them: which one counts depends on who reads the file",
                    related=written[name].start,
                    related_note="set before here",
                )
            written[name] = key_node
            result[name] = self.value(value_node)
        return result

    def _merge(self, result: dict[str, JsonValue], value_node: Node) -> None:
        """Put merged keys over those before, as go-yaml v2 does; keys written later go over them in turn."""
        value = resolved(value_node)
        sources = value.items if isinstance(value, SequenceNode) else [value_node]
        for source in reversed(sources):
            mapping = resolved(source)
            if not isinstance(mapping, MappingNode):
                raise DocumentError(
                    "`<<` merges a mapping or a list of mappings",
                    code=ProblemCode.UNSUPPORTED_VALUE,
                    offset=source.start,
                )
            merged = self.value(source)
            assert isinstance(merged, dict)
            result.update(merged)


def _key(key: ScalarNode | SequenceNode | MappingNode, written: Node) -> str:
    if not isinstance(key, ScalarNode):
        raise DocumentError(
            "a mapping or a list cannot be a key", code=ProblemCode.UNSUPPORTED_KEY, offset=written.start
        )
    try:
        return key.as_key()
    except UnsupportedKey as error:
        raise DocumentError(str(error), code=ProblemCode.UNSUPPORTED_KEY, offset=written.start) from None
    except ScalarError as error:
        raise DocumentError(str(error), code=ProblemCode.TAG_MISMATCH, offset=written.start) from None


def _scalar(node: ScalarNode) -> JsonValue:
    try:
        if node.plain:
            return plain_value(node.text)
        return node.text if node.tag is None else tagged_value(node.tag, node.text)
    except UnsupportedValue as error:
        raise DocumentError(str(error), code=ProblemCode.UNSUPPORTED_VALUE, offset=node.start) from None
    except ScalarError as error:
        raise DocumentError(str(error), code=ProblemCode.TAG_MISMATCH, offset=node.start) from None
