"""A change judged, from revisions to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from policy_engine.admission import AdmissionRequest, Context, ParamTable
from policy_engine.admission.kinds import Kinds
from policy_engine.admission.manifests import kind_of
from policy_engine.admission.request import UserInfo
from policy_engine.authoring.files import broken_of
from policy_engine.authoring.policy_files import LoadedPolicies
from policy_engine.changes.codes import GateCode
from policy_engine.changes.pairing import pair
from policy_engine.changes.settings.model import FILE
from policy_engine.checking.recipe import GivenParams
from policy_engine.forges.proposals import Build
from policy_engine.gating.change_report import change_report, notices_about, notices_before
from policy_engine.gating.judging import ChangeFindings, ChangeJudge
from policy_engine.gating.new_settings import find_unusable, notice_of
from policy_engine.gating.objects import TouchedObjects, read_objects, scheme_of
from policy_engine.gating.options import GateOptions
from policy_engine.gating.own_objects import judge_own
from policy_engine.gating.own_policies import MERGE_REQUESTS, OwnPolicies
from policy_engine.gating.revisions import Revisions, find_revisions
from policy_engine.gating.rule_changes import look_at_rules
from policy_engine.gating.rules import Rules, read_rules
from policy_engine.gating.standing_doubles import find_standing_doubles
from policy_engine.gating.surroundings import RepositoryNamespaces, find_definitions
from policy_engine.records import record
from policy_engine.reports.findings import Notice, Report
from policy_engine.sources import Broken
from policy_engine.sources.git import FileChange, Repository


@record(kw_only=True)
class Judged:
    """What a gate gives. requests: those that were judged, in order."""

    report: Report
    requests: tuple[AdmissionRequest, ...]


Complete = Callable[[Build], Build]
"""Adds to what a CI system says of a proposal."""


def judge_change(options: GateOptions, build: Build | None, complete: Complete | None = None) -> Judged:
    """Judge a change of a repository.

    build: what the CI system says, None where there is none.
    complete: asks the forge for the rest; called once, and only where policies or settings need to know it.

    Raises: PolicyEngineError where nothing can be judged: no such revisions, no policies, broken settings.
    """
    with Repository.open(options.repository) as repository:
        revisions = find_revisions(
            repository, base=options.base, head=options.head, staged=options.staged, build=build
        )
        rules = read_rules(options, rules=revisions.rules, head=revisions.head_tree, root=repository.root)
        changes = repository.changes(revisions.base_tree.id, revisions.head_tree.id)
        if build is not None and complete is not None and _asks_for_proposal(rules):
            build = complete(build)
        return _Gate(repository, revisions, rules, changes, build).judge()


class _Gate:
    """One change on its way."""

    def __init__(
        self,
        repository: Repository,
        revisions: Revisions,
        rules: Rules,
        changes: Sequence[FileChange],
        build: Build | None,
    ) -> None:
        self._repository = repository
        self._revisions = revisions
        self._rules = rules
        self._changes = changes
        self._build = build
        self._requests: list[AdmissionRequest] = []
        self._notices: list[Notice] = []

    def judge(self) -> Judged:
        revisions, settings = self._revisions, self._rules.settings
        scheme = scheme_of(settings)
        objects = read_objects(
            revisions.base_tree, revisions.head_tree, self._changes, settings, scheme, self._rules.version
        )
        rule_changes = look_at_rules(self._rules, revisions.head_tree, self._changes, self._repository.root)
        unusable = self._unusable()
        # What is wrong with the settings themselves is told as that, once.
        broken = [one for one in objects.broken if one.path != FILE]
        broken += (*rule_changes.broken, *unusable)
        findings = ChangeFindings()
        loaded = self._rules.loaded
        doubles = objects.doubles
        if loaded is not None:
            loaded = self._with_definitions(loaded, objects)
            pairs = pair(objects.base.manifests, objects.head.manifests, kinds=loaded.kinds)
            doubles = [
                *doubles,
                *find_standing_doubles(revisions.head_tree, pairs, self._changes, scheme, objects.head.parts),
            ]
            judge = ChangeJudge(loaded.set, self._context(loaded), version=self._rules.version, user=self._user())
            unread = {one.path for one in broken}
            for one in pairs:
                if one.new is None and one.old is not None and one.old.document.path in unread:
                    self._requests.append(judge.request(one))  # nobody can tell whether it is still there
                elif one.differs:
                    self._requests.append(judge.judge(one, findings))
            before = [*objects.base.manifests, *objects.old_shadows]
            shadows = pair(before, objects.shadows, kinds=loaded.kinds)
            findings.add(judge.judge_shadows(one for one in shadows if one.new is not None and one.differs))
            broken += self._judge_own(loaded, objects, findings)
        report = change_report(
            settings,
            revisions,
            self._changes,
            objects,
            findings,
            loaded=loaded,
            broken=[*broken, *(double.broken() for double in doubles)],
            notices=[
                *notices_before(revisions, self._build),
                *rule_changes.notices,
                *self._notices,
                *notices_about(objects),
            ],
        )
        return Judged(report=report, requests=tuple(self._requests))

    def _unusable(self) -> Sequence[Broken]:
        """Say what the settings name that the change takes away. What was not there before is only told."""
        if any(change.path == FILE for change in self._changes):
            return ()  # the new ones are looked at by themselves
        revisions = self._revisions
        found = find_unusable(self._rules.settings, revisions.base_tree, revisions.head_tree)
        self._notices += map(notice_of, found.standing)
        return [broken_of(mistake, code=GateCode.SETTINGS_INVALID) for mistake in found.lost]

    def _with_definitions(self, loaded: LoadedPolicies, objects: TouchedObjects) -> LoadedPolicies:
        """Learn the custom kinds of the repository, where the change has objects of a kind that is not known."""
        manifests = (*objects.base.manifests, *objects.head.manifests)
        if all(loaded.kinds.find(kind_of(one.document.value)) is not None for one in manifests):
            return loaded
        definitions = find_definitions(self._revisions.rules, self._revisions.head_tree)
        kinds: Kinds = loaded.kinds.with_definitions(definitions)
        return loaded.with_kinds(kinds)

    def _context(self, loaded: LoadedPolicies) -> Context:
        namespaces = RepositoryNamespaces(
            self._revisions.rules,
            self._revisions.head_tree,
            known=loaded.namespaces,
            labels=self._rules.settings.namespaces.labels,
        )
        return Context(
            # Every request would look for its Namespace, which takes a search of the repository.
            namespaces=namespaces if loaded.set.asks_for_namespaces() else None,
            params=GivenParams(ParamTable.of((*loaded.params, *self._rules.params), kinds=loaded.kinds)),
        )

    def _user(self) -> UserInfo | None:
        """Tell who proposes the change in the cluster, where the settings say so."""
        proposal = None if self._build is None else self._build.proposal
        user = None if proposal is None else self._rules.settings.users.get(proposal.author)
        return None if user is None else UserInfo(username=user.username, uid=user.uid, groups=user.groups)

    def _judge_own(
        self, loaded: LoadedPolicies, objects: TouchedObjects, findings: ChangeFindings
    ) -> Iterable[Broken]:
        policies = OwnPolicies.of(loaded)
        judged = judge_own(
            policies,
            ChangeJudge(policies.set, self._context(loaded), version=self._rules.version, user=self._user()),
            findings,
            repository=self._repository,
            revisions=self._revisions,
            changes=self._changes,
            objects=objects,
            proposal=None if self._build is None else self._build.proposal,
        )
        self._requests += judged.requests
        self._notices += judged.notices
        return judged.broken


def _asks_for_proposal(rules: Rules) -> bool:
    about = () if rules.loaded is None else OwnPolicies.of(rules.loaded).about(MERGE_REQUESTS)
    return bool(about or rules.settings.users)
