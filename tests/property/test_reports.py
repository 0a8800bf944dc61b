"""No text of a repository, in whatever field of a report, gets out of its place in an output."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.reports.findings import (
    Finding,
    IdleBinding,
    Level,
    Notice,
    ObjectName,
    PolicyInfo,
    Report,
    Skip,
    SkipCount,
    Status,
)
from policy_engine.reports.formats import writer_of
from policy_engine.sources.document import Broken, LeftOut, Note
from policy_engine.sources.text import Excerpt, Place, Span
from tests.golden.rich_report import HOSTILE, RICH
from tests.unit.reports.markdown_reading import html, outside_of_code, tokens
from tests.unit.reports.runner_commands import commands

# Pieces that mean something to some reader, put together at random, beside any other text.
_MEANT = r"""
:: ::stop-commands::x ##[ ## # [add-mask] ] ##vso[ %0A % , ` `` ``` | \ \| |---| < > <script> </details>
<!-- --> &#64; [x](http://evil.example) ![i](//e/i.png) ]( @admin #1 GH-1 www.evil.example https://e.example
a@evil.example :tada: - * > === --- $ ~~ ** _ ]]> ]] ' " { } a 0123456789abcdef0123456789abcdef01234567 漢 😀
"""
_UNSEEN = (*"\n\r\t \u2028\x85\x00\x9b\u202e\ufeff\ud800\udfff", "\x1b[31m")
_PIECES = (*_UNSEEN, *_MEANT.split(), "`" * 81, HOSTILE)
texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join),
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zs", "Po", "Sm"]), max_size=10),
)
places = st.builds(Place, st.integers(1, 99), st.integers(1, 99))
excerpts = st.builds(Excerpt, texts, st.integers(0, 30))
findings = st.builds(
    Finding,
    level=st.sampled_from(Level),
    policy=texts,
    binding=texts,
    param=texts,
    rule=texts,
    message=texts,
    reason=texts,
    is_error=st.booleans(),
    object=st.builds(ObjectName, api_version=texts, kind=texts, namespace=texts, name=texts),
    path=texts,
    field=texts,
    span=st.builds(Span, places, places),
    excerpt=excerpts,
    operation=st.sampled_from(["CREATE", "UPDATE", "DELETE"]),
    status=st.sampled_from(Status),
    fingerprint=st.sampled_from(["", "0a", "0b"]),
    origin=texts,
)
brokens = st.builds(
    Broken,
    path=texts,
    code=texts,
    message=texts,
    help=texts,
    place=st.none() | places,
    excerpt=st.none() | excerpts,
    note=st.none() | st.builds(Note, place=places, text=texts, excerpt=excerpts),
)
skips = st.builds(
    SkipCount,
    skip=st.builds(Skip, policy=texts, binding=texts, rule=texts, reason=texts),
    objects=st.integers(1, 3),
    path=texts,
    place=places,
)
notices = st.builds(Notice, code=texts, message=texts, help=texts, path=texts, place=st.none() | places)


def tuples(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


reports: st.SearchStrategy[Report] = st.builds(
    replace,
    st.sampled_from([RICH, replace(RICH, change=None)]),
    unbound=tuples(texts),
    idle_bindings=tuples(st.builds(IdleBinding, name=texts, policy=texts)),
    findings=tuples(findings),
    skips=tuples(skips),
    broken=tuples(brokens),
    left_out=tuples(st.builds(LeftOut, path=texts, reason=texts, place=st.none() | places)),
    about=tuples(
        st.builds(PolicyInfo, name=texts, title=texts, description=texts, url=st.just("https://a.example"))
    ),
    notices=tuples(notices),
)
bounded = settings(max_examples=100)

# What our own words in Markdown are made of. A path or a name outside of a code span would hardly pass.
_OURS = re.compile(r"[A-Za-z0-9 ,;:.*…✅⛔❌]*")
_OUR_HTML = re.compile(
    r"<br>|</details>\n?|<details><summary>"
    r"(?:[0-9]+ (?:denials?|warnings?|decisions?)[a-z0-9, ]*|About the policies)</summary>\n?"
)


def written(name: str, report: Report) -> str:
    return "".join(writer_of(name).write(report))


@bounded
@given(reports)
def test_a_runner_finds_no_command_but_ours_in_annotations(report: Report) -> None:
    text = written("github-annotations", report)
    found = commands(text)
    assert len(found) == text.count("\n")
    assert {one.name for one in found} <= {"error", "warning", "notice"}
    assert {key for one in found for key in one.properties} <= {
        *("file", "line", "endLine", "col", "endColumn", "title")
    }


@bounded
@given(reports)
def test_a_runner_finds_no_command_in_any_other_output(report: Report) -> None:
    for name in ("text", "json", "sarif", "junit", "gitlab-code-quality", "markdown"):
        assert commands(written(name, report)) == [], name


@bounded
@given(reports)
def test_text_sends_nothing_to_a_terminal(report: Report) -> None:
    assert written("text", report).replace("\n", "").isprintable()


@bounded
@given(reports)
def test_markdown_has_no_link_no_image_and_no_html_but_ours(report: Report) -> None:
    text = written("markdown", report)
    assert {token.type for token in tokens(text)} & {
        "link_open",
        "image",
        "fence",
        "code_block",
        "s_open",
    } == set()
    assert [part for piece in html(text) for part in _unknown_html(piece)] == []
    assert _OURS.fullmatch(outside_of_code(text))


def _unknown_html(text: str) -> list[str]:
    left = _OUR_HTML.sub("", text).strip()
    return [left] if left else []


@bounded
@given(reports)
def test_xml_and_json_are_read_whole(report: Report) -> None:
    ElementTree.fromstring(written("junit", report))
    for name in ("json", "sarif", "gitlab-code-quality"):
        text = written(name, report)
        assert text.isascii()
        json.dumps(json.loads(text), ensure_ascii=False).encode()


@bounded
@given(reports)
def test_gitlab_and_github_tell_all_entries_apart(report: Report) -> None:
    prints = [entry["fingerprint"] for entry in json.loads(written("gitlab-code-quality", report))]
    assert len(prints) == len(set(prints))
