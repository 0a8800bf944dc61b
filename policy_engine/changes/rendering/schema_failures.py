"""What Helm says of values that do not fit a schema: where they stand and what is wanted, never the values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from policy_engine.field_paths import render_path
from policy_engine.records import record

_START = re.compile(r"values don't meet the specifications of the schema\(s\)[^\n]*\n(?P<failures>.*)", re.S)
_LINE = re.compile(r"(?P<indent> *)- at (?P<at>'(?:[^'\\]|\\.)*'): (?P<reason>.*)")

# Sums up the lines below it, and says nothing itself.
_SUMMARY = "validation failed"
_UNKNOWN = "does not fit"
# The library gives these a path of something else: it writes over the one that it has handed out.
_MISPLACED = "invalid propertyName "

# All that is known to repeat no value. Names of keys, and what the schema itself says, are told.
# Source: github.com/santhosh-tekuri/jsonschema v6.0.3, kind/kind.go.
_SAFE = re.compile(
    r"got \w+, want .*|value must be .*|missing (?:property|properties) .*|additional properties .*"
    r"|properties .* required, if .*|invalid propertyName .*|false schema|'\w+' failed(?:, .*)?"
    r"|no items match contains schema|m(?:in|ax) [\d,]+ items required .*"
    r"|m(?:in|ax)(?:Length|Items|Properties): got [\d,]+, want [\d,]+"
    r"|items at [\d,]+ and [\d,]+ are equal|last [\d,]+ additionalItem\(s\) not allowed"
)
_SHORTENED = (
    (re.compile(r"'(?:[^'\\]|\\.)*' (does not match pattern '(?:[^'\\]|\\.)*')"), r"\1"),
    (re.compile(r"((?:m(?:in|ax)imum|exclusiveM(?:in|ax)imum|multipleOf): )got \S+, (want \S+)"), r"\1\2"),
    (re.compile(r".* is (not valid [\w-]+): .*"), r"\1"),
    (re.compile(r"value is (not (?:'[\w-]+' encoded|of mediatype '[^']*')): .*"), r"\1"),
)
_OLDER = re.compile(
    r"- (?P<at>\S+): (?P<reason>[A-Z(\w].*)"
)  # of Helm before 3.18, whose library repeats no values
_NO_MAPPING = "invalid type for values: "
_NO_SCHEMA = "is not valid against metaschema"
_KEYS = re.compile(r"'(?:[^'\\]|\\.)*'")


@record(kw_only=True)
class _Failure:
    depth: int
    path: str
    reason: str


def schema_failures(text: str) -> str | None:
    """Write what a message says of schemas in one line, the same each time; None for another message."""
    found = _START.search(text)
    if found is None:
        return None
    return "; ".join(_by_chart(found["failures"].split("\n")))


def _by_chart(lines: Iterable[str]) -> Iterator[str]:
    """Sort the lines: the name of a chart, and below it what is wrong."""
    chart, failures, others = "", list[_Failure](), list[str]()
    for line in lines:
        failure = _failure(line)
        if failure is not None:
            failures.append(failure)
        elif line.endswith(":") and not line.startswith(_NO_MAPPING):
            yield from _of_chart(chart, failures, others)
            chart, failures, others = line[:-1], [], []
        elif line:
            others.append(line)
    yield from _of_chart(chart, failures, others)


def _of_chart(chart: str, failures: list[_Failure], others: list[str]) -> Iterator[str]:
    told = "; ".join(sorted(_trees(failures)))
    schema = f"values.schema.json of `{chart}`"
    if any(_NO_SCHEMA in line for line in others):
        yield f"{schema} is no JSON schema: {told}"
    elif others and others[0].startswith(_NO_MAPPING):
        yield f"values do not fit {schema}: {others[0].removeprefix(_NO_MAPPING)}"
    elif others:
        yield f"{schema} cannot be used: {' '.join(others)}"
    elif told:
        yield f"values do not fit {schema}: {told}"


def _failure(line: str) -> _Failure | None:
    found = _LINE.fullmatch(line)
    if found is not None:
        return _Failure(
            depth=len(found["indent"]) // 2, path=_path(_unquoted(found["at"])), reason=_safe(found["reason"])
        )
    found = _OLDER.fullmatch(line)
    if found is not None:
        path = "" if found["at"] == "(root)" else found["at"]
        return _Failure(depth=0, path=path, reason=found["reason"])
    return _Failure(depth=0, path="", reason=_UNKNOWN) if line.lstrip().startswith("- ") else None


def _safe(reason: str) -> str:
    """Leave values out of a reason; one that is not known is not told at all."""
    for pattern, instead in _SHORTENED:
        if pattern.fullmatch(reason):
            return pattern.sub(instead, reason)
    if reason.startswith("additional properties "):  # in any order
        return f"additional properties {', '.join(sorted(_KEYS.findall(reason)))} not allowed"
    return reason if reason == _SUMMARY or _SAFE.fullmatch(reason) else _UNKNOWN


def _trees(failures: list[_Failure], *, above: str = "", told: str = "") -> Iterator[str]:
    """Write failures, each with what stands below it.

    above: the path of what they are below. told: the path that is written before them.
    """
    index = 0
    while index < len(failures):
        failure = failures[index]
        index += 1
        start = index
        while index < len(failures) and failures[index].depth > failure.depth:
            index += 1
        below = failures[start:index]
        if failure.reason == _SUMMARY and below:
            yield from _trees(below, above=failure.path, told=told)
            continue
        path = above if failure.reason.startswith(_MISPLACED) else failure.path
        where = f"`{path}`: " if path and path != told else ""
        causes = "; ".join(sorted(_trees(below, above=path, told=path)))
        yield f"{where}{failure.reason}{f' ({causes})' if causes else ''}"


def _path(pointer: str) -> str:
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    return render_path(tuple(int(token) if token.isdecimal() else token for token in tokens))


def _unquoted(text: str) -> str:
    """Read a text as the library quotes it: like Go's `%q`, with other quotes around it."""
    inner = text[1:-1].replace("\\'", "'")
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError:
        return inner
