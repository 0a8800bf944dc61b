"""Changes to the rules themselves: they judge the next change, and this one shows that they can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.files import BrokenFiles, broken_of
from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.policy_files import NoPolicies
from policy_engine.authoring.policy_verification import FailedCase, PolicyVerification
from policy_engine.authoring.verification_process import verify_policies
from policy_engine.changes.codes import GateCode
from policy_engine.changes.settings.model import FILE, GateSettings
from policy_engine.changes.settings.reading import WrittenSettings, read_settings
from policy_engine.errors import PolicyEngineError, PolicyError
from policy_engine.gating.new_settings import may_come, notice_of, unusable
from policy_engine.gating.rule_places import misplaced, none_found
from policy_engine.gating.rules import Rules, load_rules, unusable_dependencies, written_in
from policy_engine.records import record
from policy_engine.reports.findings import Notice
from policy_engine.sources import Broken
from policy_engine.sources.git import FileChange
from policy_engine.sources.trees import Tree
from policy_engine.wording import counted

_OLD_ONES_JUDGE = "this change is judged by those of the base; the new ones count from the next change on"


@record(kw_only=True)
class RuleChanges:
    """What a change does to the rules. broken: new rules that could not be in force."""

    notices: tuple[Notice, ...] = ()
    broken: tuple[Broken, ...] = ()


def look_at_rules(rules: Rules, head: Tree, changes: Sequence[FileChange], root: str) -> RuleChanges:
    """Flag changes to settings and policies, and verify the new ones. root: the work tree's folder, or empty."""
    changed = [change.path for change in changes]
    notices: list[Notice] = []
    broken: list[Broken] = []
    settings: GateSettings | None = rules.settings
    are_settings_changed = any(_is_below(path, FILE) for path in changed)  # a folder of this name is a mistake
    if are_settings_changed:
        notices.append(
            Notice(
                code=GateCode.SETTINGS_CHANGED, message=f"the change edits {FILE}: {_OLD_ONES_JUDGE}", path=FILE
            )
        )
        written, mistakes = _new_settings(head)
        broken += mistakes
        # Without the file there are the defaults; where it cannot be read, nobody knows what it should say.
        settings = None if mistakes else GateSettings() if written is None else written.settings
        if rules.settings.policies and settings is not None and not settings.policies:
            broken.append(_missing(FILE))
        if written is not None:
            for problem, mistake in _unusable(written, head, root):
                if may_come(problem):
                    notices.append(notice_of(mistake))
                else:
                    broken.append(broken_of(mistake, code=GateCode.SETTINGS_INVALID))
    paths = rules.paths
    if are_settings_changed and settings is not None and settings.policies:
        paths = tuple(place.path for place in settings.policies if not place.checkout)
    touched = [path for path in changed if any(_is_below(path, folder) for folder in (*rules.paths, *paths))]
    if touched or paths != rules.paths:
        there = [path for path in paths if _is_there(head, path)]
        if paths == rules.paths:  # what new settings name is told at their lines
            broken += [_missing(path) for path in paths if path not in there]
        version = (settings.kubernetes_version if settings else "") or rules.version
        verification = verify_policies(head, there, version=version, beside=rules.beside)
        notices.append(_verified(verification, touched or [FILE]))
        told = {one.message for one in broken}
        broken += [
            broken_of(mistake, code=PolicyError.code)
            for mistake in verification.mistakes
            if mistake.message not in told
        ]
        broken += map(_of_case, verification.failed)
    if rules.loaded is not None and rules.missing:
        names = ", ".join(f"`{path}`" for path in rules.missing)
        message = f"the base has no {names}: nothing was judged by it yet"
        notices.append(Notice(code=GateCode.NOT_IN_FORCE, message=message, path=rules.missing[0]))
    if rules.loaded is None:
        notices.append(
            Notice(
                code=GateCode.NOT_IN_FORCE,
                message="the base has no policies: nothing was judged; those of the change count from the next on",
            )
        )
    return RuleChanges(notices=tuple(notices), broken=tuple(broken))


def _new_settings(head: Tree) -> tuple[WrittenSettings | None, Sequence[Broken]]:
    """Read the settings of the change: none where the file is gone, or is broken as said."""
    data = written_in(head)
    if isinstance(data, Broken):
        return None, [data]
    try:
        return (None if data is None else read_settings(FILE, data)), ()
    except BrokenFiles as error:
        return None, [broken_of(mistake, code=GateCode.SETTINGS_INVALID) for mistake in error.mistakes]


def _unusable(written: WrittenSettings, head: Tree, root: str) -> Iterator[tuple[Problem, Mistake]]:
    """Find what would keep the new settings from being used for the next change."""
    settings = written.settings
    for problem in (*unusable(settings, head.entries()), *_unreadable(settings, head, root)):
        yield problem, written.document.mistake(problem)


def _unreadable(settings: GateSettings, head: Tree, root: str) -> Iterator[Problem]:
    wrong = [*unusable_dependencies(settings, head, root), *misplaced(settings, head, head, root)]
    yield from wrong
    if wrong or not settings.policies:
        return
    try:
        load_rules(settings, settings.policies, rules=head, head=head, root=root)
    except BrokenFiles as error:
        for one in error.mistakes:
            if not _is_below_any(one.path, settings):
                yield Problem(path=("params",), message=f"`{one.path}` {one.message}", help=one.help)
    except NoPolicies as error:
        yield none_found(error.message)
    except PolicyEngineError as error:
        yield Problem(path=("policies",), message=error.message, help=error.help)


def _is_below_any(path: str, settings: GateSettings) -> bool:
    """Tell whether a path is among the policies, whose mistakes are told at their lines."""
    return any(_is_below(path, place.path) for place in settings.policies if not place.checkout)


def _verified(verification: PolicyVerification, touched: Sequence[str]) -> Notice:
    what = (
        f"{counted(verification.policies, 'policy', 'policies')} compiled, "
        f"{counted(verification.cases, 'case')} run"
    )
    return Notice(
        code=GateCode.POLICIES_CHANGED,
        message=f"the change edits the policies ({what}): {_OLD_ONES_JUDGE}",
        path=touched[0],
    )


def _missing(path: str) -> Broken:
    return Broken(
        path=path,
        code=PolicyError.code,
        message="the change leaves no policies here: nothing could judge the next one",
        help=f"say under `policies` in {FILE} where they are now",
    )


def _of_case(case: FailedCase) -> Broken:
    return Broken(
        path=case.path,
        code=GateCode.POLICY_TEST_FAILED,
        message=f"case `{case.name}` fails: {case.message}",
        help="run `polgate test` on it",
        place=case.place,
    )


def _is_below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(folder + "/")


def _is_there(tree: Tree, path: str) -> bool:
    return any(_is_below(entry, path) for entry in tree.entries())
