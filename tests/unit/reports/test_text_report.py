from __future__ import annotations

from dataclasses import replace

from policy_engine.reports import Finding, Level, ObjectName, Report
from policy_engine.reports.findings import FileFindings, Skip, SkipCount, combine
from policy_engine.reports.text_report import TextWriter
from policy_engine.sources import Excerpt, LeftOut, Place, Span

FINDING = Finding(
    level=Level.DENY,
    policy="pol",
    binding="bind",
    param="",
    rule="spec.validations[0].expression",
    message="no",
    reason="Invalid",
    is_error=False,
    object=ObjectName(api_version="v1", kind="Pod", namespace="default", name="p"),
    path="a.yaml",
    field="spec.x",
    span=Span(Place(7, 3), Place(7, 7)),
    excerpt=Excerpt("  x: 1  # why", 3),
)


def report(*findings: Finding, **others: object) -> Report:
    result = FileFindings("a.yaml", objects=1, denied=1, findings=list(findings))
    return combine([result], policies=1, **others)  # type: ignore[arg-type]


def write(report: Report, *, color: bool = False) -> str:
    return "".join(TextWriter(color=color).write(report))


def test_a_finding_shows_place_policy_object_message_and_line() -> None:
    assert write(report(FINDING)).splitlines()[:5] == [
        "a.yaml:7:3: deny [pol] Pod default/p",
        "  no",
        "  7 |   x: 1  # why",
        "    |   ^~~~",
        "  rule: spec.validations[0].expression",
    ]


def test_the_caret_stands_under_the_place_whatever_is_before_it() -> None:
    text = "\t漢\x1bx: 1"
    finding = replace(FINDING, excerpt=Excerpt(text, 4), span=Span(Place(7, 4), Place(7, 5)))
    lines = write(report(finding)).splitlines()
    assert lines[2:4] == ["  7 |  漢\\x1bx: 1", "    |        ^"]


def test_a_place_behind_the_lines_end_has_one_caret() -> None:
    finding = replace(FINDING, excerpt=Excerpt("ab", 3), span=Span(Place(7, 3), Place(9, 1)))
    assert write(report(finding)).splitlines()[3] == "    |   ^"


def test_messages_with_several_lines_stay_indented() -> None:
    finding = replace(FINDING, message="first\nsecond")
    assert write(report(finding)).splitlines()[1:3] == ["  first", "  second"]


def test_text_is_plain_without_a_terminal_and_coloured_on_one() -> None:
    assert "\x1b" not in write(report(FINDING))
    assert "\x1b[31;1mdeny\x1b[0m" in write(report(FINDING), color=True)


def test_what_only_the_audit_log_would_hold_is_counted_and_not_shown() -> None:
    text = write(report(replace(FINDING, level=Level.AUDIT)))
    assert "[pol]" not in text
    assert "note: 1 audited only: see --output json" in text


def test_skips_of_many_objects_are_one_line() -> None:
    skip = Skip(policy="pol", binding="b", rule="spec.validations[0].expression", reason="needs who asks")
    results = [
        FileFindings(
            name,
            skips={skip: SkipCount(skip=skip, objects=2, path=name, place=Place(1, 1))},
        )
        for name in ("a.yaml", "b.yaml")
    ]
    text = write(combine(results, policies=1))
    assert (
        "skipped: [pol] spec.validations[0].expression for 4 objects: needs who asks (first: a.yaml:1:1)" in text
    )


def test_the_summary_counts() -> None:
    text = write(report(FINDING, unbound=["pol"]))
    assert "note: 1 policy without a binding, taken as bound to everything with Deny: pol" in text
    assert text.endswith("1 object in 1 file judged by 1 policy: 1 denied, 0 warned, 0 decisions skipped\n")


def test_documents_left_out_and_links_not_followed_are_counted_apart() -> None:
    left_out = [
        LeftOut(path="a.yaml", reason="has no kind", place=Place(1, 1)),
        LeftOut(path="b.yaml", reason="is a symbolic link that leads nowhere"),
    ]
    text = write(combine([FileFindings("a.yaml")], policies=1, left_out=left_out))
    assert text.endswith("; 1 document left out: no Kubernetes object; 1 link or submodule not followed\n")


def test_a_path_without_manifests_is_told() -> None:
    assert "note: no files to judge" in write(combine([], policies=1))
    assert "note: no files to judge" not in write(report(FINDING))
