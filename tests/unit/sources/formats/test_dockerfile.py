"""Dockerfiles: what is an instruction and what only looks like one."""

from __future__ import annotations

import pytest

from policy_engine.sources.formats import FormatCode
from policy_engine.sources.formats.heredocs import heredocs
from tests.json_parts import mapping, part
from tests.unit.sources.formats.reads import broken, data, fault, line

DOCKERFILE = """\
# syntax=docker/dockerfile:1
# A comment
ARG BASE=alpine
FROM --platform=$BUILDPLATFORM ${BASE}:3 AS Build

RUN --mount=type=cache,target=/c apk add \\
    # in between
    curl \\

    git
FROM build
COPY --from=build ["/a", "/b"]
user app
"""


def instructions(text: str) -> list[tuple[str, str]]:
    value = data("Dockerfile", text).value
    assert isinstance(value, dict)
    found = value["instructions"]
    assert isinstance(found, list)
    return [(str(item["instruction"]), str(item["value"])) for item in found if isinstance(item, dict)]


def test_a_dockerfile_is_instructions_and_stages() -> None:
    assert data("Dockerfile", DOCKERFILE).value == {
        "directives": {"syntax": "docker/dockerfile:1"},
        "stages": [{"image": "${BASE}:3", "line": 4, "name": "build"}, {"image": "build", "line": 11}],
        "instructions": [
            {"instruction": "ARG", "value": "BASE=alpine", "flags": [], "heredocs": [], "line": 3, "endLine": 3},
            {
                "instruction": "FROM",
                "value": "${BASE}:3 AS Build",
                "flags": ["--platform=$BUILDPLATFORM"],
                "heredocs": [],
                "line": 4,
                "endLine": 4,
                "stage": 0,
            },
            {
                "instruction": "RUN",
                "value": "apk add     curl     git",
                "flags": ["--mount=type=cache,target=/c"],
                "heredocs": [],
                "line": 6,
                "endLine": 10,
                "stage": 0,
            },
            {
                "instruction": "FROM",
                "value": "build",
                "flags": [],
                "heredocs": [],
                "line": 11,
                "endLine": 11,
                "stage": 1,
            },
            {
                "instruction": "COPY",
                "value": '["/a", "/b"]',
                "flags": ["--from=build"],
                "arguments": ["/a", "/b"],
                "heredocs": [],
                "line": 12,
                "endLine": 12,
                "stage": 1,
            },
            {
                "instruction": "USER",
                "value": "app",
                "flags": [],
                "heredocs": [],
                "line": 13,
                "endLine": 13,
                "stage": 1,
            },
        ],
    }


def test_instructions_and_stages_are_found_at_their_lines() -> None:
    assert line("Dockerfile", DOCKERFILE, ("instructions", 2, "value")) == 6
    assert line("Dockerfile", DOCKERFILE, ("stages", 1, "image")) == 11


def test_a_user_in_a_here_document_is_no_instruction() -> None:
    text = "FROM a\nRUN <<EOF\nUSER 1000\nEOF\nUSER root\n"
    assert instructions(text) == [("FROM", "a"), ("RUN", "<<EOF"), ("USER", "root")]


def test_here_documents_keep_what_is_in_them() -> None:
    value = data("Dockerfile", "FROM a\nCOPY <<-ONE <<'TWO' /\n\tx\n\tONE\n\ty\n\tTWO\nTWO\n").value
    assert part(value, "instructions", 1, "heredocs") == [
        {"name": "ONE", "content": "\tx\n"},
        {"name": "TWO", "content": "\ty\n\tTWO\n"},
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("RUN cat <<EOF > /x", ["EOF"]),
        ("RUN 3<<EOF <<-B", ["EOF", "B"]),
        ('RUN <<"E F"', ["E F"]),
        ("RUN <<\\EOF", ["EOF"]),
        ("RUN echo 'a <<EOF'", []),
        ('RUN echo "a <<EOF"', []),
        ('RUN echo "\\" <<EOF"', []),
        ("RUN echo \\' <<EOF", ["EOF"]),
        ("RUN x<<EOF", []),
        ("RUN <<<EOF", []),
        ("RUN << EOF", []),
        ("RUN <<E ${A} ${B:-c} ${C//a/b} $D", ["E"]),
        ("RUN it's <<EOF", []),
        ("RUN <<E ${", []),
        ("RUN <<E ${A^}", []),
    ],
)
def test_here_documents_begin_where_buildkit_sees_them(words: str, names: list[str]) -> None:
    assert [heredoc.name for heredoc in heredocs(words)] == names


@pytest.mark.parametrize(
    "text",
    ['FROM a\nRUN ["sh", "<<EOF"]\nUSER b\n', "FROM a\nENV A=<<EOF\nUSER b\n", "FROM a\nUSER <<EOF\nUSER b\n"],
)
def test_only_a_shell_and_copies_take_here_documents(text: str) -> None:
    assert instructions(text)[-1] == ("USER", "b")


def test_an_instruction_for_later_takes_here_documents_too() -> None:
    assert instructions("FROM a\nONBUILD RUN <<E\nUSER b\nE\n") == [("FROM", "a"), ("ONBUILD", "RUN <<E")]


def test_a_directive_changes_the_character_that_continues_lines() -> None:
    text = "# escape=`\nFROM a\nRUN x `\n  y\nRUN z \\\nUSER b\n"
    assert instructions(text) == [("FROM", "a"), ("RUN", "x   y"), ("RUN", "z \\"), ("USER", "b")]


def test_a_directive_below_a_comment_is_a_comment() -> None:
    assert instructions("# c\n# escape=`\nFROM a\nRUN x \\\n  y\n")[-1] == ("RUN", "x   y")


def test_two_backslashes_continue_nothing() -> None:
    assert instructions("FROM a\nRUN x \\\\\nUSER b\n")[-1] == ("USER", "b")


def test_flags_lose_their_quotes_and_end_at_two_dashes() -> None:
    value = data("Dockerfile", "FROM a\nRUN --a=\"b c\" --d='e' -- --f x\n").value
    run = mapping(value, "instructions", 1)
    assert (run["flags"], run["value"]) == (["--a=b c", "--d=e"], "--f x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("ARG a\n", 1),
        ("USER a\nFROM a\n", 1),
        ("FROM a\nNONSENSE b\n", 2),
        ("FROM\n", 1),
        ("FROM a b\n", 1),
        ("FROM a IS b\n", 1),
        ("FROM a\nRUN <<EOF\nx\n", 2),
        ("FROM a\nRUN [1]\n", 2),
        ('FROM a\nRUN ["a"] <<EOF\nUSER b\nEOF\n', 2),
        ("# escape=x\nFROM a\n", 1),
        ("# syntax=a\n# syntax=b\nFROM a\n", 2),
    ],
)
def test_what_buildkit_would_refuse_is_refused(text: str, expected: int) -> None:
    assert fault("Dockerfile", text) == (FormatCode.DOCKERFILE_SYNTAX, expected)


def test_a_word_that_is_no_instruction_is_named() -> None:
    assert broken("Dockerfile", "FROM a\nNONSENSE b\n").message == "`NONSENSE` is no instruction"
