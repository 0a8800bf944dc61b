"""Dockerfiles, read as BuildKit reads them: its lines, its here-documents, its escape character.

Here and not by a library: dockerfile-parse takes the lines of a here-document for instructions, so that a `USER`
in one passes for the image's user; the `dockerfile` package is BuildKit's parser, but has wheels for x86-64 alone.
Source: moby/buildkit frontend/dockerfile/parser/parser.go, `Parse`, and line_parsers.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.heredocs import SPACE, heredocs
from policy_engine.sources.formats.problems import FormatCode, FormatError
from policy_engine.sources.limits import Limits
from policy_engine.sources.text import Place, SourceText
from policy_engine.sources.values import JsonValue

_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_WITH_LISTS = _WITH_HEREDOCS | {"CMD", "ENTRYPOINT", "SHELL", "VOLUME"}
_OTHERS = frozenset(
    {
        "ARG",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "STOPSIGNAL",
        "USER",
        "WORKDIR",
    }
)
_DIRECTIVE = re.compile(r"#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*")
_DIRECTIVES = frozenset({"check", "escape", "syntax"})
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[\t\v\f\r ]+")
_CONTINUED = {
    escape: re.compile(rf"(?<!{re.escape(escape)}){re.escape(escape)}[ \t]*\Z") for escape in ("\\", "`")
}


class _Line(NamedTuple):
    """An instruction as one line, whatever it was continued over. number, end: of its lines, 1-based."""

    text: str
    number: int
    end: int
    heredocs: list[JsonValue]


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read a Dockerfile: directives, instructions in order, and the stages they make. Raises: FormatError."""
    reading = _Reading(source.text)
    instructions: list[JsonValue] = []
    stages: list[JsonValue] = []
    places: dict[FieldPath, Place] = {}
    for line in reading.lines():
        instruction = _instruction(line)
        place = Place(line.number, 1)
        if instruction["instruction"] == "FROM":
            places[("stages", len(stages))] = place
            stages.append(_stage(instruction, line))
        elif not stages and instruction["instruction"] != "ARG":
            raise _error("expected `FROM` before all but `ARG`", line.number)
        if stages:
            instruction["stage"] = len(stages) - 1
        places[("instructions", len(instructions))] = place
        instructions.append(instruction)
    if not stages:
        raise _error("has no `FROM`", 1)
    directives: dict[str, JsonValue] = dict(reading.directives)
    return Parsed({"directives": directives, "instructions": instructions, "stages": stages}, places)


class _Reading:
    """Goes through the lines of a text once."""

    def __init__(self, text: str) -> None:
        self.directives: dict[str, str] = {}
        self._lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
        self._at = 0
        self._continued = _CONTINUED["\\"]

    def lines(self) -> Iterator[_Line]:
        """Give the instructions. Comments and empty lines are left out, between continued lines too."""
        self._read_directives()
        while self._at < len(self._lines):
            text = self._take().lstrip(SPACE)
            if not text or text.startswith("#"):
                continue
            number = self._at
            parts = [text]
            while (cut := self._continued.search(parts[-1])) is not None:
                parts[-1] = parts[-1][: cut.start()]
                following = self._following()
                if following is None:
                    break
                parts.append(following)
            whole = "".join(parts)
            documents = list(self._heredocs(whole, number))
            yield _Line(whole, number, self._at, documents)

    def _take(self) -> str:
        self._at += 1
        return self._lines[self._at - 1]

    def _following(self) -> str | None:
        while self._at < len(self._lines):
            text = self._take()
            bare = text.lstrip(SPACE)
            if bare and not bare.startswith("#"):
                return text
        return None

    def _read_directives(self) -> None:
        """Read the comments at the very top that mean something; the first that does not ends them."""
        while self._at < len(self._lines):
            found = _DIRECTIVE.fullmatch(self._lines[self._at].lstrip(SPACE))
            name = found[1].lower() if found is not None else ""
            if found is None or name not in _DIRECTIVES:
                return
            self._at += 1
            if name in self.directives:
                raise _error(f"directive `{name}` stands twice", self._at)
            self.directives[name] = found[2]
            if name == "escape":
                if found[2] not in _CONTINUED:
                    raise _error("expected the directive `escape` to be a backslash or a backtick", self._at)
                self._continued = _CONTINUED[found[2]]

    def _heredocs(self, line: str, number: int) -> Iterator[JsonValue]:
        name, _, value = _split(line)
        if name == "ONBUILD":
            name, _, value = _split(value)
        if "<<" not in line or name not in _WITH_HEREDOCS or _strings(name, value, number) is not None:
            return
        for heredoc in heredocs(line):
            content: list[str] = []
            while True:
                if self._at == len(self._lines):
                    raise _error(f"the here-document `{heredoc.name}` never ends", number)
                text = self._take()
                if (text.lstrip("\t") if heredoc.strips_tabs else text) == heredoc.name:
                    break
                content.append(f"{text}\n")
            yield {"name": heredoc.name, "content": "".join(content)}


def _instruction(line: _Line) -> dict[str, JsonValue]:
    name, flags, value = _split(line.text)
    if name not in _WITH_LISTS and name not in _OTHERS:
        raise _error(f"`{name}` is no instruction", line.number)
    instruction: dict[str, JsonValue] = {"instruction": name, "value": value, "flags": list(flags)}
    arguments = _strings(name, value, line.number)
    if arguments is not None:
        instruction["arguments"] = list(arguments)
    return {**instruction, "heredocs": line.heredocs, "line": line.number, "endLine": line.end}


def _stage(instruction: dict[str, JsonValue], line: _Line) -> dict[str, JsonValue]:
    words = _BLANKS.split(str(instruction["value"]))
    stage: dict[str, JsonValue] = {"image": words[0], "line": line.number}
    if len(words) == 3 and words[1].upper() == "AS":
        stage["name"] = words[2].lower()
    elif len(words) != 1 or not words[0]:
        raise _error("expected `FROM image` or `FROM image AS name`", line.number)
    return stage


def _split(line: str) -> tuple[str, list[str], str]:
    """Take a line apart: the instruction in capitals, the words with `--` before its value, and the value."""
    name, *rest = _BLANKS.split(line.strip(SPACE), maxsplit=1)
    value = rest[0] if rest else ""
    flags: list[str] = []
    while (found := _FLAG.match(value)) is not None:
        value = value[found.end() :]
        flag = _UNQUOTED.sub(lambda part: part[1] or part[2] or "", found[1])
        if flag == "--":
            break
        flags.append(flag)
    return name.upper(), flags, value.strip(SPACE)


_FLAG = re.compile(
    r"""[ \t\v\f\r]*(--(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\\.|[^ \t\v\f\r"'\\])*)""", re.DOTALL
)
_UNQUOTED = re.compile(r"""["']|\\(.)|([^"'\\]+)""", re.DOTALL)


def _strings(name: str, value: str, number: int) -> list[str] | None:
    """Give the arguments that are written as a JSON list, or None where a shell gets them.

    What follows a list is refused: versions of BuildKit disagree whether a shell gets such a line.
    """
    if name not in _WITH_LISTS or not value.startswith("["):
        return None
    try:
        arguments, end = _DECODER.raw_decode(value)
    except ValueError:
        return None
    if value[end:].strip(SPACE):
        raise _error("expected nothing behind the list", number)
    if not all(isinstance(argument, str) for argument in arguments):
        raise _error("expected a list of strings", number)
    return [str(argument) for argument in arguments]


def _error(message: str, line: int) -> FormatError:
    return FormatError(message, code=FormatCode.DOCKERFILE_SYNTAX, place=Place(line, 1))
