"""What `polgate gate` tells people, beyond what `polgate check` does."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.reports.findings import Blocking, Finding, Notice, Report, Status
from policy_engine.reports.text_report import TextWriter
from policy_engine.sources.text import Excerpt
from tests.golden.rich_report import NEW, RICH

EXISTING = replace(NEW, status=Status.EXISTING, message="as it was")


def change(*findings: Finding, blocking: Blocking = RICH.blocking) -> Report:
    return replace(RICH, findings=findings, broken=(), notices=(), skips=(), blocking=blocking)


def lines(report: Report) -> list[str]:
    return "".join(TextWriter().write(report)).splitlines()


def test_the_last_line_is_the_verdict() -> None:
    assert lines(change(NEW))[-1] == "blocked: 1 denial is new, at deploy/web.yaml:8:3"


def test_what_was_there_before_is_counted_and_not_shown() -> None:
    text = lines(change(EXISTING))
    assert "  as it was" not in text
    assert "existing: 1 denial that the change did not bring; --all shows them and counts them" in text


def test_what_was_there_before_is_shown_after_the_new_where_it_blocks() -> None:
    text = lines(change(EXISTING, NEW, blocking=Blocking(existing=True)))
    assert text.index("  as it was") > text.index("  expected at most 5 replicas, found 9")
    assert any(line.endswith("Deployment shop/web (was there before)") for line in text)


def test_what_is_fixed_is_counted() -> None:
    assert "fixed: 1 denial of the base is gone" in lines(change(replace(NEW, status=Status.FIXED)))


def test_a_deleted_object_says_where_its_place_is() -> None:
    assert lines(change(replace(NEW, operation="DELETE")))[0].endswith(
        "Deployment shop/web (is deleted: the place is in the base)"
    )


def test_a_rendered_object_names_what_rendered_it() -> None:
    assert "  rendered from: chart deploy/web" in lines(change(replace(NEW, origin="chart deploy/web")))


def test_a_line_that_is_not_to_be_shown_has_no_caret() -> None:
    text = lines(change(replace(NEW, excerpt=Excerpt("(not shown)", 0))))
    assert text[2:4] == ["  8 | (not shown)", "  rule: spec.validations[0].expression with param shop/limits"]


def test_a_message_starts_no_command_of_a_ci_system() -> None:
    message = "::set-env name=A::b\n  ::add-mask::x\n##[add-mask]y\na ##vso[task.x]y\nfe80::1 ## [x]"
    assert lines(change(replace(NEW, message=message)))[1:6] == [
        r"  \x3a:set-env name=A::b",
        r"    \x3a:add-mask::x",
        r"  #\x23[add-mask]y",
        r"  a #\x23vso[task.x]y",
        "  fe80::1 ## [x]",
    ]


def test_notices_that_ask_for_the_same_are_told_together() -> None:
    twice = [Notice(code="twice", message=f"no {n}", help="remove one", path=f"{n}.yaml") for n in range(8)]
    other = Notice(code="other", message="something else")
    assert lines(replace(change(), notices=(twice[0], other, *twice[1:])))[:10] == [
        *(f"{n}.yaml: notice [twice] no {n}" for n in range(5)),
        "and 3 more [twice]: --output json has all",
        "  help: remove one",
        "",
        "notice [other] something else",
        "",
    ]
