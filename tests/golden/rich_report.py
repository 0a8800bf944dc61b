"""A report with something of every sort in it, and with names and messages that want to be obeyed."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.reports.findings import (
    Blocking,
    Change,
    FileFindings,
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
    combine,
)
from policy_engine.sources.document import Broken, LeftOut, Note
from policy_engine.sources.text import Excerpt, Place, Span

HOSTILE = (
    "\n::set-env name=PATH::/tmp\r::stop-commands::x\n##[add-mask]y##vso[task.setvariable]z\x1b[31m\x00\u202e"
    "<script>alert(1)</script><!-- [x](http://evil.example) ![i](//evil.example/i.png) @admin @org/team #1 GH-1 "
    "www.evil.example https://evil.example a@evil.example :tada: `` ``` | a | \\| ]]> &amp; &#64; "
    "0123456789abcdef0123456789abcdef01234567 \udc80"
)

NEW = Finding(
    level=Level.DENY,
    policy="limit-replicas",
    binding="limit-replicas",
    param="shop/limits",
    rule="spec.validations[0].expression",
    message="expected at most 5 replicas, found 9",
    reason="Invalid",
    is_error=False,
    object=ObjectName(api_version="apps/v1", kind="Deployment", namespace="shop", name="web"),
    path="deploy/web.yaml",
    field="spec.replicas",
    span=Span(Place(8, 3), Place(8, 14)),
    excerpt=Excerpt("  replicas: 9", 3),
    operation="UPDATE",
    fingerprint="0a" * 16,
)

FINDINGS = (
    NEW,
    replace(
        NEW,
        policy="name-the-team",
        level=Level.WARN,
        param="",
        message="the label `team` must be set,\nsee the handbook",
        field="metadata",
        span=Span(Place(3, 1), Place(6, 1)),
        excerpt=Excerpt("metadata:", 1),
        operation="CREATE",
        fingerprint="0b" * 16,
        origin="chart deploy/web",
    ),
    replace(
        NEW,
        policy="keep-databases",
        message="databases are kept",
        object=ObjectName(api_version="v1", kind="PersistentVolumeClaim", namespace="shop", name="db-漢字"),
        path="deploy/a,b: 100%/c#d.yaml",
        span=Span(Place(4, 3), Place(4, 10)),
        excerpt=Excerpt("  name: db-漢字", 3),
        operation="DELETE",
        fingerprint="0c" * 16,
    ),
    replace(
        NEW,
        policy="",
        binding="",
        param="",
        rule="",
        reason="",
        message=f"refused: {HOSTILE}",
        object=ObjectName(api_version="v1", kind="Se::cret", namespace="", name=f"n{HOSTILE}"),
        path=f"deploy/e{HOSTILE}.yaml",
        span=Span(Place(2, 1), Place(2, 1)),
        excerpt=Excerpt("(not shown: it may hold what is secret)", 0),
        fingerprint="0d" * 16,
        origin=f"chart {HOSTILE}",
    ),
    replace(NEW, status=Status.EXISTING, span=Span(Place(30, 1), Place(30, 9)), fingerprint="0e" * 16),
    replace(NEW, status=Status.FIXED, message="this was wrong before", fingerprint="0f" * 16),
    replace(NEW, level=Level.AUDIT, message="only the audit log", fingerprint="1a" * 16),
    replace(NEW, level=Level.IGNORED, message="no such key: `x`", reason="", is_error=True, fingerprint="1b" * 16),
    NEW,  # the same fault twice: what tells findings apart has to tell these apart too
)

SKIP = Skip(policy="only-robots", binding="b", rule="spec.validations[0].expression", reason="needs who asks")

BROKEN = (
    Broken(
        path="deploy/broken.yaml",
        code="duplicate-key",
        message="key `name` is already set in this mapping",
        help="keep one of them",
        place=Place(5, 3),
        excerpt=Excerpt("  name: b", 3),
        note=Note(place=Place(4, 3), text="set before here", excerpt=Excerpt("  name: a", 3)),
    ),
    Broken(path="charts/web", code="rendering-failed", message=f"helm said: {HOSTILE}", help=f"mend {HOSTILE}"),
)

RICH: Report = combine(
    [
        FileFindings(
            "deploy/web.yaml",
            objects=4,
            denied=3,
            warned=1,
            findings=list(FINDINGS),
            skips={SKIP: SkipCount(skip=SKIP, objects=2, path="deploy/web.yaml", place=Place(1, 1))},
            broken=list(BROKEN),
            left_out=[
                LeftOut(path="deploy/values.yaml", reason="has no kind", place=Place(1, 1)),
                LeftOut(path="deploy/link.yaml", reason="is a symbolic link"),
            ],
        )
    ],
    policies=4,
    unbound=["only-robots"],
    idle_bindings=[IdleBinding(name="softly", policy="no-latst")],
    about=[
        PolicyInfo(
            name="limit-replicas",
            title="Few replicas",
            description="More than five replicas need a talk.\n\n- Ask **the platform team**.",
            url="https://example.org/policies/limit-replicas",
        ),
        PolicyInfo(name="name-the-team"),
    ],
    blocking=Blocking(),
    change=Change(base="1" * 40, head="2" * 40, files=5, created=2, updated=1, deleted=1),
    notices=[
        Notice(
            code="policies-changed",
            message="the change edits policies; it is judged by those of the base",
            help="look at them with care",
            path="policies/limits.yaml",
            place=Place(1, 1),
        ),
        Notice(code="no-author", message=f"nothing is known of {HOSTILE}"),
    ],
)
