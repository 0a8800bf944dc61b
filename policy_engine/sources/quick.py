"""The fast way from YAML text to values: for what nearly every manifest is, without places.

Anything out of the ordinary (anchors, tags, merge keys, duplicate keys, faults, limits) makes it give up, and the
caller goes the whole way: compose, then construct. INVARIANT: what it does read, the whole way reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from policy_engine.sources.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    YAMLError,
    event_source,
)
from policy_engine.sources.fits import fits
from policy_engine.sources.limits import Limits
from policy_engine.sources.scalars import Scalar, ScalarError, plain_key, plain_value
from policy_engine.sources.values import JsonValue

_REMEMBERED = 20_000  # words a memory holds before it starts anew: some MiB
_LONGEST_WORD = 64  # longer ones hardly come twice
_NON_SPECIFIC = re.compile(r"(?:^|[\s,\[{])!\s")  # what may be the tag `!`: rare, and the events do not show it
_NO_LIST: list[JsonValue] = []  # stands for "inside a mapping"; never filled


class _Unusual(Exception):
    """Leave this text to the whole way."""


class _PlainValues(dict[str, Scalar]):
    """What unquoted scalars mean, worked out once for each: manifests repeat themselves."""

    def __missing__(self, text: str) -> Scalar:
        value = plain_value(text)
        if len(text) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = value
        return value


class _PlainKeys(dict[str, str]):
    """What unquoted keys become. Equal keys are one string, which makes looking them up faster later on."""

    def __missing__(self, text: str) -> str:
        if text == "<<":
            raise _Unusual
        key = plain_key(text)
        if len(text) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = key
        return key


class QuickReader:
    """Reads one text after another, and remembers words between them. Not for several threads at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._values = _PlainValues()
        self._keys = _PlainKeys()

    def read(self, text: str) -> tuple[JsonValue, int] | None:
        """Give the value of a text's only document and where it starts, or None where the whole way is needed.

        A text without a document has the value None.
        """
        if "!" in text and _NON_SPECIFIC.search(text) is not None:
            return None
        try:
            found = self._read(text)
        except (YAMLError, ScalarError, _Unusual):
            return None
        # No scalar and no number of nodes is larger than the text, so that small texts need no look.
        limits = self._limits
        if len(text) >= min(limits.scalar_length, limits.nodes) and not fits(found[0], limits):
            return None
        return found

    def _read(self, text: str) -> tuple[JsonValue, int]:
        get_event = event_source(text)
        get_event()
        if get_event().__class__ is StreamEndEvent:
            return None, 0
        event = get_event()
        start: int = event.start_mark.index
        if event.__class__ is not MappingStartEvent or event.anchor is not None:
            raise _Unusual
        root = self._root_mapping(get_event)
        get_event()
        if get_event().__class__ is not StreamEndEvent:
            raise _Unusual
        return root, start

    def _root_mapping(self, get_event: Callable[[], Any]) -> dict[str, JsonValue]:
        """Read events up to the root's end. One loop for each kind of container, because this is the hot path."""
        keys, values, depth = self._keys, self._values, self._limits.depth
        root: dict[str, JsonValue] = {}
        mapping, items = root, _NO_LIST
        stack: list[dict[str, JsonValue] | list[JsonValue]] = []
        while True:
            while items is _NO_LIST:
                event = get_event()
                kind = event.__class__
                if kind is ScalarEvent:
                    is_plain, is_quoted = event.implicit
                    if event.anchor is not None or not (is_plain or is_quoted):
                        raise _Unusual
                    key = keys[event.value] if is_plain else event.value
                    if key in mapping:
                        raise _Unusual
                elif kind is MappingEndEvent:
                    if not stack:
                        return root
                    outer: Any = stack.pop()
                    if outer.__class__ is dict:
                        mapping = outer
                    else:
                        items = outer
                    continue
                else:
                    raise _Unusual
                event = get_event()
                kind = event.__class__
                if event.anchor is not None:  # aliases have one too
                    raise _Unusual
                if kind is ScalarEvent:
                    is_plain, is_quoted = event.implicit
                    if is_plain:
                        mapping[key] = values[event.value]
                    elif is_quoted:
                        mapping[key] = event.value
                    else:
                        raise _Unusual
                    continue
                stack.append(mapping)
                if len(stack) >= depth:
                    raise _Unusual
                if kind is MappingStartEvent:
                    inner: dict[str, JsonValue] = {}
                    mapping[key] = inner
                    mapping = inner
                else:
                    mapping[key] = items = []
            append = items.append
            while items is not _NO_LIST:
                event = get_event()
                kind = event.__class__
                if kind is SequenceEndEvent:
                    outer = stack.pop()
                    if outer.__class__ is dict:
                        mapping, items = outer, _NO_LIST
                    else:
                        items = outer
                        append = items.append
                    continue
                if event.anchor is not None:
                    raise _Unusual
                if kind is ScalarEvent:
                    is_plain, is_quoted = event.implicit
                    if is_plain:
                        append(values[event.value])
                    elif is_quoted:
                        append(event.value)
                    else:
                        raise _Unusual
                    continue
                stack.append(items)
                if len(stack) >= depth:
                    raise _Unusual
                if kind is MappingStartEvent:
                    mapping = {}
                    append(mapping)
                    items = _NO_LIST
                else:
                    items = []
                    append(items)
                    append = items.append
