"""Strict reading of documents that people write: every unknown key and wrong type is told, all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.values import JsonValue

# What YAML reads as a text without quotes.
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[a-z_][\w./-]*", re.I)
_LONG = 60

Choice = TypeVar("Choice", bound=StrEnum)


@record(kw_only=True)
class Problem:
    """Something wrong at a field of a document, which the document turns into a line and column later."""

    path: FieldPath
    message: str
    help: str = ""


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Suggest the nearest known name, or list them all when none is near and they are few."""
    near = nearest(name, known)
    if near:
        return f"did you mean `{near}`?"
    if not known:
        return "there is none"
    return f"there are: {', '.join(f'`{one}`' for one in known)}" if len(known) <= 12 else ""


def nearest(name: str, known: Sequence[str]) -> str:
    """Give the known name that is most like another; empty where none is."""
    from difflib import get_close_matches  # slow to import, and wanted only where something is wrong

    return next(iter(get_close_matches(name, known, n=1)), "")


def name_of_type(value: JsonValue) -> str:
    """Name a value's type as people do who write YAML."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return "nothing" if value is None else names.get(type(value), "a mapping")


def _as_item(text: str) -> str:
    """Write a text as an item of `[…]` in YAML, or `x` for one that is too long to show."""
    if len(text) > _LONG or "\n" in text:
        return "x"
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class Fields:
    """One mapping of a document, read key by key. What is wrong is noted and read as absent.

    Call `finish` at the end: it notes every key that nobody asked for.
    """

    def __init__(self, value: JsonValue, path: FieldPath, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self._known: list[str] = []
        self._values: dict[str, JsonValue] = {}
        self._is_mapping = isinstance(value, dict)
        if isinstance(value, dict):
            self._values = value
        else:
            self.problem(f"expected a mapping, found {name_of_type(value)}")

    def problem(self, message: str, *at: str | int, help: str = "") -> None:
        """Note that something is wrong, here or at a field below."""
        self.problems.append(Problem(path=(*self.path, *at), message=message, help=help))

    def has(self, key: str) -> bool:
        """Say whether the key stands there, be it with null."""
        self._know(key)
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def value(self, key: str) -> JsonValue:
        """Read whatever stands at the key; None when nothing does."""
        self._know(key)
        return self._values.get(key)

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Read a text."""
        value = self.value(key)
        if isinstance(value, str):
            return value
        self._refuse(key, "a text", required)
        return None

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self.value(key)
        if isinstance(value, bool):
            return value
        self._refuse(key, "true or false", required=False)
        return None

    def number(self, key: str) -> int | float | None:
        """Read a number."""
        value = self.value(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        self._refuse(key, "a number", required=False)
        return None

    def choice(self, key: str, choices: type[Choice], *, required: bool = False) -> Choice | None:
        """Read one of a closed set of words."""
        text = self.text(key, required=required)
        if text is None:
            return None
        try:
            return choices(text)
        except ValueError:
            self.problem(f"unknown {key} `{text}`", key, help=did_you_mean(text, list(choices)))
            return None

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Read a list of texts."""
        value = self._list(key, of_texts=True)
        if value is None:
            return None
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self.problem(f"expected a text, found {name_of_type(item)}", key, index)
        return tuple(item for item in value if isinstance(item, str))

    def text_map(self, key: str) -> dict[str, str] | None:
        """Read a mapping of texts, such as labels."""
        value = self.mapping(key)
        if value is None:
            return None
        for name, item in value.items():
            if not isinstance(item, str):
                self.problem(f"expected a text, found {name_of_type(item)}", key, name, help="quote it")
        return {name: item for name, item in value.items() if isinstance(item, str)}

    def mapping(self, key: str) -> dict[str, JsonValue] | None:
        """Read a mapping as it stands."""
        value = self.value(key)
        if isinstance(value, dict):
            return value
        self._refuse(key, "a mapping", required=False)
        return None

    def fields(self, key: str) -> Fields | None:
        """Read a mapping key by key."""
        value = self.mapping(key)
        return None if value is None else Fields(value, (*self.path, key), self.problems)

    def items(
        self, key: str, *, required: bool = False, of_texts: bool = False
    ) -> Iterator[tuple[JsonValue, FieldPath]]:
        """Read a list: each item with its path. of_texts: a text alone is meant to be its only item."""
        value = self._list(key, required=required, of_texts=of_texts)
        for index, item in enumerate(value or ()):
            yield item, (*self.path, key, index)

    def is_of(self, *, api_version: str, kind: str) -> bool:
        """Tell whether the document is of this version and kind, and note what it is instead."""
        found = self.text("apiVersion", required=True), self.text("kind", required=True)
        for key, text, wanted in zip(("apiVersion", "kind"), found, (api_version, kind), strict=True):
            if text is not None and text != wanted:
                self.problem(f"unknown {key} `{text}`", key, help=f"expected `{wanted}`")
        return found == (api_version, kind)

    def missing(self, key: str) -> None:
        """Note that a key is not there; not where this is no mapping, which is noted already."""
        if self._is_mapping:
            self.problem(f"`{key}` is missing")

    def finish(self, helps: Mapping[str, str] = MappingProxyType({})) -> None:
        """Note every key that was not read: most of them are misspelt.

        helps: how to mend keys that are not.
        """
        for key in self._values:
            if key not in self._known:
                help = helps.get(key) or did_you_mean(key, self._known)
                self.problem(f"unknown field `{key}`", key, help=help)

    def _list(self, key: str, *, required: bool = False, of_texts: bool = False) -> list[JsonValue] | None:
        value = self.value(key)
        if isinstance(value, list):
            return value
        help = ""
        if isinstance(value, str) and of_texts:
            help = f"a list of one is written `[{_as_item(value)}]`"
        elif isinstance(value, str | dict):
            help = "each entry of a list begins with `- `"
        self._refuse(key, "a list", required, help=help)
        return None

    def _know(self, key: str) -> None:
        if key not in self._known:
            self._known.append(key)

    def _refuse(self, key: str, wanted: str, required: bool, *, help: str = "") -> None:
        if key in self._values:
            found = name_of_type(self._values[key])
            self.problem(f"`{key}`: expected {wanted}, found {found}", key, help=help)
        elif required:
            self.missing(key)
