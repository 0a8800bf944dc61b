"""Compiled patterns: what the cases in tests/cases/cel/regexp.yaml cannot show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import regexp
from policy_engine.cel.libraries.regexp_python import MAX_DEPTH, python_form
from policy_engine.cel.libraries.regexp_syntax import Parser

NAMES = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def is_run_by_re(pattern: str) -> bool:
    return python_form(Parser(pattern).tokens()) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        NAMES,
        "^registry\\.example\\.com/",
        ":latest$",
        "a{2,3}",
        "(a|b)c?",
        r"\d+\.\d+",
        "^.*@sha256:[a-f0-9]{64}$",
    ],
)
def test_runs_plain_patterns_on_re(pattern: str) -> None:
    assert is_run_by_re(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|b)*", "(ab){2,}", "(?i)a", "(?s).", r"\pL", r"[^\S]", r"\B", r"[[:punct:]]", "^*", "(a?){9}"],
)
def test_leaves_everything_doubtful_to_re2(pattern: str) -> None:
    assert not is_run_by_re(pattern)


def test_leaves_what_may_take_long_to_re2() -> None:
    assert not is_run_by_re(".*" * 8 + "x")
    assert not is_run_by_re("(a|b)" * 10)
    assert not is_run_by_re("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)


def test_hands_long_texts_to_re2() -> None:
    pattern = ".*x.*y.*z"
    compiled = regexp.compile(pattern)
    long = "x" * 100_000
    assert not compiled.matches(long)
    assert compiled.matches(long + "yz")
    assert regexp.matcher(pattern)(long + "yz")


def test_a_matcher_answers_as_the_pattern_does() -> None:
    matches = regexp.matcher(NAMES)
    assert matches("web-1")
    assert not matches("web-1\n")
    assert not matches("Web")


@pytest.mark.parametrize("pattern", ["é+", "(?i)É+"])
def test_counts_characters_and_not_bytes(pattern: str) -> None:
    compiled = regexp.compile(pattern)
    assert compiled.find("😀éé😀é") == "éé"
    assert compiled.find_all("😀éé😀é") == ["éé", "é"]
    assert compiled.find_all("😀éé😀é", 1) == ["éé"]
    assert compiled.find_all("😀éé😀é", 0) == []


def test_lets_lone_surrogates_pass() -> None:
    assert regexp.compile("(?s)^.b").find("\ud800b") in ("\ud800b", "")


def test_refuses_a_pattern_every_time_in_the_same_words() -> None:
    for _ in range(2):
        with pytest.raises(EvaluationError) as caught:
            regexp.compile("a(b")
        assert caught.value.message == "error parsing regexp: missing closing ): `a(b`"


def test_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    regexp.compile(r"\pL{999}")  # too large for the first budget
    assert capfd.readouterr().err == ""


def test_accepts_programs_that_need_much_memory() -> None:
    assert regexp.compile(r"^\pL{1000}$").matches("é" * 1000)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(" * 1000 + "a" + ")" * 1000, "expression nests too deeply"),
        ("(?:" + "ab" * 1700 + "){1000}", "expression too large"),
    ],
)
def test_keeps_gos_limits(pattern: str, problem: str) -> None:
    with pytest.raises(EvaluationError, match=problem):
        regexp.compile(pattern)


def test_one_pattern_serves_many_threads() -> None:
    compiled = regexp.compile("(?i)(a+)+b")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(compiled.find, ["xaab", "xb"] * 200))
    assert answers == ["aab", ""] * 200
