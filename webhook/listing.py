"""What is loaded, for people and programs: the answer of `GET /policies`."""

from __future__ import annotations

from pydantic import BaseModel, Field

from policy_engine.admission.model import Binding
from policy_engine.admission.policies import CompiledPolicy
from webhook.policies.live import LivePolicies


class BindingEntry(BaseModel):
    """A binding in force."""

    name: str
    actions: list[str] = Field(description="validationActions; empty where the binding has none")


class PolicyEntry(BaseModel):
    """A policy in force."""

    name: str
    source: str = Field(description="directory or cluster")
    failure_policy: str = Field(alias="failurePolicy", description="Fail or Ignore")
    param_kind: str | None = Field(
        alias="paramKind", description="apiVersion and kind of its params (`v1 ConfigMap`), if it takes some"
    )
    bindings: list[BindingEntry] = Field(description="without one a policy does nothing")
    errors: list[str] = Field(description="expressions that do not compile: evaluating them is an error")


class PolicyListing(BaseModel):
    """Everything that reviews are judged by."""

    generation: int = Field(description="counts up with each change that took effect")
    policies: list[PolicyEntry]
    problems: dict[str, list[str]] = Field(
        description="by source: what is wrong with the newest change, which then has not taken effect"
    )


def list_policies(live: LivePolicies) -> PolicyListing:
    """List the policies in force and what is wrong with those that are not."""
    ruleset, sources = live.current, live.sources
    everything = ruleset.everything
    errors: dict[str, list[str]] = {}
    for problem in everything.errors:
        errors.setdefault(problem.policy, []).append(f"{problem.place}: {problem.error.message}")
    bindings: dict[str, list[Binding]] = {}
    for binding in everything.bindings:
        bindings.setdefault(binding.policy_name, []).append(binding)
    origin = {id(policy): name for name, source in sources.items() for policy in source.policies}
    return PolicyListing(
        generation=ruleset.generation,
        policies=[
            _entry(policy, origin.get(id(policy), ""), bindings.get(policy.name, []), errors.get(policy.name, []))
            for policy in everything.policies
        ],
        problems={name: list(source.problems) for name, source in sources.items() if source.problems},
    )


def _entry(policy: CompiledPolicy, source: str, bindings: list[Binding], errors: list[str]) -> PolicyEntry:
    kind = policy.policy.param_kind
    return PolicyEntry(
        name=policy.name,
        source=source,
        failurePolicy="Ignore" if policy.policy.ignores_errors else "Fail",
        paramKind=None if kind is None else f"{kind.api_version} {kind.kind}",
        bindings=[BindingEntry(name=binding.name, actions=list(binding.actions)) for binding in bindings],
        errors=errors,
    )
