"""Everything that reviews are judged by at one moment, put together before the first one sees it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import chain

from policy_engine.admission.context import NamespaceTable, ParamTable
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.model import Binding
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.records import record


class Share(StrEnum):
    """Which policies a review is judged by: the webhook's two entries ask for one half each."""

    ALL = "all"
    FAIL = "fail"
    IGNORE = "ignore"


@record(kw_only=True)
class Source:
    """What one place contributes: a directory, or the cluster.

    problems: what is wrong there, each a line for people; it is shown, and not part of what is in force.
    """

    policies: tuple[CompiledPolicy, ...] = ()
    bindings: tuple[Binding, ...] = ()
    namespaces: tuple[JsonObject, ...] = ()
    params: tuple[JsonObject, ...] = ()
    definitions: tuple[JsonObject, ...] = ()
    problems: tuple[str, ...] = ()

    def fault_count(self) -> int:
        """Count what is wrong: the problems, and the expressions in force that do not compile."""
        broken = sum(e.error is not None for policy in self.policies for e in policy.expressions())
        return len(self.problems) + broken

    def with_problems(self, problems: tuple[str, ...]) -> Source:
        """Give a copy of which other things are wrong."""
        return Source(
            policies=self.policies,
            bindings=self.bindings,
            namespaces=self.namespaces,
            params=self.params,
            definitions=self.definitions,
            problems=problems,
        )


EMPTY_SOURCE = Source()


@record(kw_only=True)
class Ruleset:
    """Immutable; a review takes one at its start and keeps it. generation: counts up, 0 before the first.

    namespaces, params: what lies beside the policies in files.
    """

    generation: int
    shares: dict[Share, PolicySet]
    namespaces: NamespaceTable
    params: ParamTable

    @classmethod
    def compose(cls, generation: int, sources: Sequence[Source], kinds: Kinds = BUILT_IN_KINDS) -> Ruleset:
        """Put sources together. Of two policies with one name the earlier source's counts (see `conflicts`)."""
        policies: dict[str, CompiledPolicy] = {}
        bindings: list[Binding] = []
        for source in sources:
            taken = conflicts(source, policies)
            bindings += [binding for binding in source.bindings if binding.policy_name not in taken]
            policies |= {policy.name: policy for policy in source.policies if policy.name not in taken}
        everything = PolicySet.of(policies.values(), bindings, kinds=kinds)
        return cls(
            generation=generation,
            shares={
                Share.ALL: everything,
                Share.FAIL: everything.only(ignoring_errors=False),
                Share.IGNORE: everything.only(ignoring_errors=True),
            },
            namespaces=NamespaceTable.of(
                chain.from_iterable(source.namespaces for source in sources), complete=False
            ),
            params=ParamTable.of(chain.from_iterable(source.params for source in sources), kinds=kinds),
        )

    @property
    def everything(self) -> PolicySet:
        """Give all policies."""
        return self.shares[Share.ALL]

    def param_kinds(self) -> frozenset[GroupVersionKind]:
        """Give the kinds that bindings hand to policies; those of policies without a binding are not wanted."""
        bound = {binding.policy_name for binding in self.everything.bindings}
        kinds = {policy.policy.param_kind for policy in self.everything.policies if policy.name in bound}
        return frozenset(kind for kind in kinds if kind is not None)


def conflicts(source: Source, earlier: dict[str, CompiledPolicy]) -> frozenset[str]:
    """Give the names of a source's policies that an earlier source has too."""
    return frozenset(policy.name for policy in source.policies if policy.name in earlier)


NOTHING = Ruleset.compose(0, ())
