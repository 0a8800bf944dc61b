"""What a gate found, put together into a report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from policy_engine.admission.model import DEFAULT_BINDING_NAME
from policy_engine.authoring.policy_files import LoadedPolicies
from policy_engine.changes.codes import GateCode
from policy_engine.changes.doubles import Double
from policy_engine.changes.settings.model import GateSettings
from policy_engine.forges.proposals import Build
from policy_engine.gating.judging import ChangeFindings
from policy_engine.gating.objects import TouchedObjects
from policy_engine.gating.revisions import Revisions
from policy_engine.reports.findings import Blocking, Change, IdleBinding, Level, Notice, Report
from policy_engine.sources import Broken, LeftOut
from policy_engine.sources.git import FileChange

_STALE = Notice(
    code=GateCode.TARGET_NOT_FETCHED,
    message="the target branch could not be fetched: policies count as this clone has them, which may be old ones",
    help="let the job read the repository, or fetch the target branch before",
)


def change_report(
    settings: GateSettings,
    revisions: Revisions,
    changes: Collection[FileChange],
    objects: TouchedObjects,
    findings: ChangeFindings,
    *,
    loaded: LoadedPolicies | None,
    broken: Iterable[Broken],
    notices: Iterable[Notice],
) -> Report:
    """Put a report together. loaded: None where the base has no policies."""
    bindings = () if loaded is None else loaded.set.bindings
    idle = () if loaded is None else loaded.set.idle_bindings()
    return Report(
        policies=0 if loaded is None else len(loaded.set.policies),
        unbound=tuple(one.policy_name for one in bindings if one.name == DEFAULT_BINDING_NAME),
        idle_bindings=tuple(IdleBinding(name=one.name, policy=one.policy_name) for one in idle),
        files=len(changes),
        objects=findings.created + findings.updated + findings.deleted,
        denied=findings.denied,
        warned=findings.warned,
        findings=tuple(findings.findings),
        skips=tuple(findings.skips[skip] for skip in sorted(findings.skips)),
        # Several renderings of one chart say the same of it.
        broken=tuple(dict.fromkeys(broken)),
        left_out=tuple(objects.left_out),
        change=Change(
            base=revisions.base,
            head=revisions.head,
            files=len(changes),
            created=findings.created,
            updated=findings.updated,
            deleted=findings.deleted,
        ),
        notices=tuple(notices),
        about=() if loaded is None else loaded.about,
        blocking=Blocking(level=Level(settings.fail_on), existing=settings.existing, skipped=settings.strict),
    )


def notices_before(revisions: Revisions, build: Build | None) -> Iterator[Notice]:
    """Say what was not known when judging began."""
    if revisions.is_stale:
        yield _STALE
    if build is not None and build.unanswered:
        yield Notice(
            code=GateCode.FORGE_UNANSWERED,
            message=f"who approves, and what else only the forge knows, is not known: {build.unanswered}",
            help=build.unanswered_help,
        )


def notices_about(objects: TouchedObjects) -> Iterator[Notice]:
    """Say what is to be seen of what the change touches, and blocks nothing."""
    yield from objects.taken_in.notices()
    yield from objects.notices
    yield from (_not_followed(one) for one in objects.left_out if one.place is None)
    yield from map(_standing, objects.old_doubles)


def _not_followed(link: LeftOut) -> Notice:
    return Notice(
        code=GateCode.NOT_FOLLOWED, message=f"{link.reason}: what it leads to is not judged", path=link.path
    )


def _standing(double: Double) -> Notice:
    broken = double.broken()
    return Notice(
        code=GateCode.DUPLICATE_OBJECT,
        message=f"{broken.message}; it was so before",
        help=broken.help,
        path=broken.path,
        place=broken.place,
    )
