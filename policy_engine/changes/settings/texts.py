"""Reading texts that have a form: paths, patterns, names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from policy_engine.authoring.fields import Fields, Problem, name_of_type
from policy_engine.errors import InputError
from policy_engine.field_paths import FieldPath
from policy_engine.sources.patterns import Patterns
from policy_engine.sources.values import JsonValue

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def text_at(fields: Fields, key: str, *, required: bool = False) -> str:
    """Read a text that says something, without control characters; empty where it is not there or wrong."""
    text = fields.text(key, required=required)
    if text is None:
        return ""
    if not text.strip():
        fields.problem(f"`{key}` is empty", key, help="" if required else "leave it out")
    elif _CONTROL.search(text):
        fields.problem(f"`{key}` holds a control character", key)
    return text


def path_at(fields: Fields, key: str) -> str:
    """Read a path in a repository that has to be there; empty where it is not, or is wrong."""
    text = fields.text(key, required=True)
    return ("" if text is None else checked_path(text, (*fields.path, key), fields.problems)) or ""


def checked_paths(items: Iterable[tuple[JsonValue, FieldPath]], problems: list[Problem]) -> tuple[str, ...]:
    """Read paths in the repository."""
    paths = []
    for value, where in items:
        if isinstance(value, str):
            path = checked_path(value, where, problems)
            if path is not None:
                paths.append(path)
        else:
            problems.append(Problem(path=where, message=f"expected a path, found {name_of_type(value)}"))
    return tuple(paths)


def checked_path(text: str, where: FieldPath, problems: list[Problem]) -> str | None:
    """Give a path in a repository, in its shortest form; note what keeps it from being one."""
    message, help = "", ""
    if not text.strip():
        message, help = "expected a path, found an empty text", "the root of the repository is `.`"
    elif text.startswith("/"):
        message, help = f"`{text}` is absolute", "paths begin at the root of the repository, without a `/`"
    elif ".." in text.split("/"):
        message, help = f"`{text}` may lead out of the repository", "paths begin at its root, and hold no `..`"
    elif "\\" in text:
        message, help = f"`{text}` holds a backslash", "folders are separated by `/`"
    elif _CONTROL.search(text):
        message = "the path holds a control character"
    if message:
        problems.append(Problem(path=where, message=message, help=help))
        return None
    return posixpath.normpath(text)


def patterns_at(fields: Fields, key: str, *, required: bool = False) -> tuple[str, ...]:
    """Read patterns as in `.gitignore`. required: at least one."""
    patterns = fields.texts(key)
    if patterns is None:
        if required and not fields.has(key):
            fields.missing(key)
        return ()
    if required and fields.value(key) == []:
        fields.problem(f"`{key}` is empty", key)
    for index, pattern in enumerate(patterns):
        try:
            Patterns([pattern])
        except InputError as error:
            fields.problem(error.message, key, index, help=error.help)
    return patterns


def named_once(fields: Fields, key: str, name: str, seen: set[str]) -> None:
    """Note where two items of a list have the same name."""
    if name and name in seen:
        fields.problem(f"a second one with {key} `{name}`", key)
    seen.add(name)
