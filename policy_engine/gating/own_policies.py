"""The policies that ask for what no cluster has: files, and proposals to merge."""

from __future__ import annotations

from policy_engine.admission import PolicySet
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.authoring.policy_files import LoadedPolicies
from policy_engine.changes.own_kinds import DEFINITIONS, GROUP
from policy_engine.records import record

FILES = "files"
MERGE_REQUESTS = "mergerequests"


@record
class OwnPolicies:
    """The policies that name our group. `*` does not mean it: in a cluster it never meets such objects."""

    set: PolicySet

    @classmethod
    def of(cls, loaded: LoadedPolicies) -> OwnPolicies:
        """Choose them from all policies in force."""
        chosen = [policy for policy in loaded.set.policies if _resources(policy)]
        kinds = loaded.kinds.with_definitions(DEFINITIONS)
        return cls(PolicySet.of(chosen, loaded.set.bindings, kinds=kinds))

    def about(self, resource: str) -> list[str]:
        """Give the names of those that ask for a resource."""
        return [policy.name for policy in self.set.policies if not _resources(policy).isdisjoint({resource, "*"})]


def _resources(policy: CompiledPolicy) -> frozenset[str]:
    constraints = policy.policy.match_constraints
    rules = () if constraints is None else constraints.resource_rules
    return frozenset(resource for rule in rules if GROUP in rule.api_groups for resource in rule.resources)
