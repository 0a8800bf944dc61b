"""All policies and bindings that are in force, compiled once and shared by every review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_engine.admission.environment import PolicyEnvironments
from policy_engine.admission.expressions import Need
from policy_engine.admission.index import BoundPolicy, CompiledBinding, Index
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.model import Binding, Policy, bind_by_default
from policy_engine.admission.policies import CompiledPolicy, compile_policy
from policy_engine.admission.selectors import SELECT_ALL
from policy_engine.cel.environment import NEWEST
from policy_engine.cel.errors import CompileError
from policy_engine.records import record


@record(kw_only=True)
class PolicyProblem:
    """An expression of a policy that does not compile. place: its field path in the policy."""

    policy: str
    place: str
    error: CompileError


@record
class PolicySet:
    """Policies with their bindings. Immutable; many threads may review with one at once.

    policies: as given, those without a binding too. kinds: which resources are versions of each other.
    errors: every expression that does not compile. Such a policy is in force all the same: as on the server,
        evaluating that expression is an error.
    """

    policies: tuple[CompiledPolicy, ...]
    bindings: tuple[Binding, ...]
    errors: tuple[PolicyProblem, ...]
    kinds: Kinds
    index: Index

    @classmethod
    def compile(
        cls,
        policies: Iterable[Policy],
        bindings: Iterable[Binding],
        *,
        version: str = str(NEWEST),
        kinds: Kinds = BUILT_IN_KINDS,
    ) -> PolicySet:
        """Compile policies for a Kubernetes version. Bindings to policies that are not there do nothing."""
        environments = PolicyEnvironments(version)
        return cls.of([compile_policy(policy, environments) for policy in policies], bindings, kinds=kinds)

    @classmethod
    def of(
        cls, policies: Iterable[CompiledPolicy], bindings: Iterable[Binding], *, kinds: Kinds = BUILT_IN_KINDS
    ) -> PolicySet:
        """Put compiled policies together, which may be in several sets."""
        policies, bindings = tuple(policies), tuple(bindings)
        errors = tuple(
            PolicyProblem(policy=policy.name, place=expression.place, error=expression.error)
            for policy in policies
            for expression in policy.expressions()
            if expression.error is not None
        )
        return cls(policies, bindings, errors, kinds, Index(_bind(policies, bindings), kinds))

    def with_kinds(self, kinds: Kinds) -> PolicySet:
        """Give a copy for which other kinds are known, such as custom resources."""
        index = Index(_bind(self.policies, self.bindings), kinds)
        return PolicySet(self.policies, self.bindings, self.errors, kinds, index)

    def only(self, *, ignoring_errors: bool) -> PolicySet:
        """Give a copy with the policies whose failurePolicy is Ignore, or those with Fail."""
        chosen = [policy for policy in self.policies if policy.policy.ignores_errors is ignoring_errors]
        return PolicySet.of(chosen, self.bindings, kinds=self.kinds)

    def asks_for_namespaces(self) -> bool:
        """Tell whether any policy or binding looks at the Namespace of a request."""
        matches = [p.policy.match_constraints for p in self.policies] + [b.match_resources for b in self.bindings]
        return any(Need.NAMESPACE in policy.needs for policy in self.policies) or any(
            match is not None and match.namespace_selector != SELECT_ALL for match in matches
        )

    def idle_bindings(self) -> tuple[Binding, ...]:
        """Give the bindings that do nothing, because the policy they name is not there."""
        names = {policy.name for policy in self.policies}
        return tuple(binding for binding in self.bindings if binding.policy_name not in names)

    def bind_unbound(self) -> PolicySet:
        """Give a copy in which every policy without a binding is bound to everything, with Deny."""
        bound = {binding.policy_name for binding in self.bindings}
        added = [bind_by_default(p.policy) for p in self.policies if p.name not in bound]
        if not added:
            return self
        bindings = (*self.bindings, *added)
        index = Index(_bind(self.policies, bindings), self.kinds)
        return PolicySet(self.policies, bindings, self.errors, self.kinds, index)


def _bind(policies: Sequence[CompiledPolicy], bindings: Iterable[Binding]) -> list[BoundPolicy]:
    """Put bindings to their policies; a policy without one does nothing and is left out."""
    by_policy: dict[str, list[CompiledBinding]] = {}
    for binding in bindings:
        by_policy.setdefault(binding.policy_name, []).append(CompiledBinding.compile(binding))
    return [BoundPolicy(policy, tuple(by_policy[policy.name])) for policy in policies if policy.name in by_policy]
