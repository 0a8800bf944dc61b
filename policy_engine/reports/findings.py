"""What a run found, ready to be written out in any format. Plain values: they travel between processes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from policy_engine.authoring.policy_info import PolicyInfo as PolicyInfo
from policy_engine.records import record
from policy_engine.sources.document import Broken, LeftOut
from policy_engine.sources.text import Excerpt, Place, Span
from policy_engine.wording import object_words


class Level(StrEnum):
    """What a finding leads to, the gravest first.

    AUDIT: only the audit log would hold it. IGNORED: an error that `failurePolicy: Ignore` lets pass.
    """

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"
    IGNORED = "ignored"


class Status(StrEnum):
    """What a change has to do with a finding.

    NEW: the change brings it. EXISTING: it was there before, and still is. FIXED: it was there before.
    Without a change, everything is new.
    """

    NEW = "new"
    EXISTING = "existing"
    FIXED = "fixed"


@record(kw_only=True)
class ObjectName:
    """Which object a finding is about."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return object_words(self.kind, self.namespace, self.name)


@record(kw_only=True)
class Finding:
    """One decision that does not simply admit, at its place in a file.

    policy: empty where the request itself is refused. rule: field path in the policy or binding.
    is_error: the evaluation failed; otherwise a validation does not hold.
    field: path in the object, such as `spec.replicas`; empty where it is about the whole object.
    path, span, excerpt: where to mend it; of a DELETE or a fixed finding, in the base.
    operation: CREATE, UPDATE or DELETE.
    fingerprint: the same for the same fault of the same object, wherever its lines move; hexadecimal.
    origin: what rendered the object, such as `chart deploy/web`; empty where it stands in the file as it is.
    """

    level: Level
    policy: str
    binding: str
    param: str
    rule: str
    message: str
    reason: str
    is_error: bool
    object: ObjectName
    path: str
    field: str
    span: Span
    excerpt: Excerpt
    operation: str = "CREATE"
    status: Status = Status.NEW
    fingerprint: str = ""
    origin: str = ""

    def with_status(self, status: Status) -> Finding:
        """Give the finding with what a change has to do with it."""
        return self if status is self.status else replace(self, status=status)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Skip:
    """Something that could not be decided, for the same reason wherever it came up."""

    policy: str
    binding: str
    rule: str
    reason: str


@record(kw_only=True)
class SkipCount:
    """How many objects something could not be decided for, and where the first of them is."""

    skip: Skip
    objects: int
    path: str
    place: Place


@dataclass(slots=True)
class FileFindings:
    """What one file gave. objects: those that were judged; denied, warned: how many of them."""

    path: str
    objects: int = 0
    denied: int = 0
    warned: int = 0
    findings: list[Finding] = field(default_factory=list)
    skips: dict[Skip, SkipCount] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@record(kw_only=True)
class IdleBinding:
    """A binding that does nothing: the policy it names is not there, often because its name is misspelt."""

    name: str
    policy: str


@record(kw_only=True)
class Notice:
    """Something that blocks nothing and must be seen, such as a change to the policies themselves.

    code: stable, kebab-case. path: empty where it is about no file.
    """

    code: str
    message: str
    help: str = ""
    path: str = ""
    place: Place | None = None


@record(kw_only=True)
class Change:
    """The change that was judged.

    base, head: commit ids in full; `index` for what is staged.
    files: how many differ. created, updated, deleted: objects, so many requests were judged.
    """

    base: str
    head: str
    files: int
    created: int
    updated: int
    deleted: int


@record(kw_only=True)
class Blocking:
    """What makes a run fail.

    level: the mildest level of findings that does, DENY or WARN. existing: also what was there before.
    skipped: also what could not be decided.
    """

    level: Level = Level.DENY
    existing: bool = False
    skipped: bool = False


class Outcome(StrEnum):
    """What a run comes to. FAILED: something could not be judged."""

    PASSED = "passed"
    BLOCKED = "blocked"
    FAILED = "failed"


@record(kw_only=True)
class Report:
    """All that a run found.

    policies: how many were in force. unbound: those that had no binding and were bound to everything.
    idle_bindings: those whose policy is not there.
    left_out: documents and links that were not judged because they are no Kubernetes objects.
    change: None where files were judged as they are, by `polgate check`.
    about: of the policies in force, in their order.
    """

    policies: int
    unbound: tuple[str, ...]
    idle_bindings: tuple[IdleBinding, ...]
    files: int
    objects: int
    denied: int
    warned: int
    findings: tuple[Finding, ...]
    skips: tuple[SkipCount, ...]
    broken: tuple[Broken, ...]
    left_out: tuple[LeftOut, ...]
    change: Change | None = None
    notices: tuple[Notice, ...] = ()
    about: tuple[PolicyInfo, ...] = ()
    blocking: Blocking = Blocking()

    def count(self, level: Level) -> int:
        """Count the findings of a level, but for those that are fixed."""
        return sum(finding.level is level and finding.status is not Status.FIXED for finding in self.findings)

    def blocks(self, finding: Finding) -> bool:
        """Tell whether a finding makes the run fail."""
        is_grave = finding.level is Level.DENY or finding.level is self.blocking.level
        return is_grave and (
            finding.status is Status.NEW or (self.blocking.existing and finding.status is Status.EXISTING)
        )

    @property
    def outcome(self) -> Outcome:
        """Give what the run comes to."""
        if self.broken:
            return Outcome.FAILED
        if any(self.blocks(finding) for finding in self.findings) or (self.blocking.skipped and self.skips):
            return Outcome.BLOCKED
        return Outcome.PASSED


def combine(
    results: Iterable[FileFindings],
    *,
    policies: int,
    unbound: Iterable[str] = (),
    idle_bindings: Iterable[IdleBinding] = (),
    broken: Iterable[Broken] = (),
    left_out: Iterable[LeftOut] = (),
    about: Iterable[PolicyInfo] = (),
    blocking: Blocking | None = None,
    change: Change | None = None,
    notices: Iterable[Notice] = (),
) -> Report:
    """Put the files' findings together, in the order given.

    broken, left_out: what was found out before any file was read.
    """
    files = objects = denied = warned = 0
    findings: list[Finding] = []
    skips: dict[Skip, SkipCount] = {}
    all_broken, all_left_out = list(broken), list(left_out)
    for result in results:
        files += 1
        objects += result.objects
        denied += result.denied
        warned += result.warned
        findings += result.findings
        all_broken += result.broken
        all_left_out += result.left_out
        for skip, found in result.skips.items():
            skips[skip] = _add(skips.get(skip), found)
    return Report(
        policies=policies,
        unbound=tuple(unbound),
        idle_bindings=tuple(idle_bindings),
        files=files,
        objects=objects,
        denied=denied,
        warned=warned,
        findings=tuple(findings),
        skips=tuple(skips[skip] for skip in sorted(skips)),
        broken=tuple(all_broken),
        left_out=tuple(all_left_out),
        about=tuple(about),
        blocking=blocking or Blocking(),
        change=change,
        notices=tuple(notices),
    )


def _add(before: SkipCount | None, more: SkipCount) -> SkipCount:
    if before is None:
        return more
    objects = before.objects + more.objects
    return SkipCount(skip=before.skip, objects=objects, path=before.path, place=before.place)
