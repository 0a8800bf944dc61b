"""The index is only a short cut: it finds what looking at every policy would find."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.admission import (
    AdmissionRequest,
    Binding,
    Context,
    NamespaceTable,
    Operation,
    Policy,
    PolicySet,
    review,
)
from policy_engine.admission.kinds import BUILT_IN_KINDS
from policy_engine.admission.matching import Constraints
from policy_engine.admission.model import MatchResources, Rule, Validation
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.admission.rules import RequestShape
from policy_engine.admission.selectors import LabelSelector

GROUPS = ["", "apps", "extensions", "x.io"]
VERSIONS = ["v1", "v1beta1", "v1beta2"]
RESOURCES = ["pods", "deployments", "namespaces"]


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([*values, "*"]), min_size=1, max_size=2).map(tuple)


rules = st.builds(
    Rule,
    api_groups=some(*GROUPS),
    api_versions=some(*VERSIONS),
    resources=some(*RESOURCES, "*/*", "pods/status", "deployments/*", "*/scale"),
    operations=some(*Operation),
    scope=st.sampled_from(["*", "Namespaced", "Cluster"]),
    resource_names=st.sampled_from([(), (), ("a",), ("a", "b")]),
)
selectors = st.sampled_from([LabelSelector(match_labels=labels) for labels in ({}, {}, {"k": "v"}, {"k": "w"})])
constraints = st.builds(
    MatchResources,
    namespace_selector=selectors,
    object_selector=selectors,
    resource_rules=st.lists(rules, max_size=3).map(tuple),
    exclude_resource_rules=st.lists(rules, max_size=1).map(tuple),
    equivalent=st.booleans(),
)


@st.composite
def requests(draw: st.DrawFn) -> AdmissionRequest:
    group, version = draw(st.sampled_from(GROUPS)), draw(st.sampled_from(VERSIONS))
    resource = draw(st.sampled_from(RESOURCES))
    kind = {"pods": "Pod", "deployments": "Deployment", "namespaces": "Namespace"}[resource]
    labels = draw(st.sampled_from([{}, {"k": "v"}]))
    return AdmissionRequest.of(
        draw(st.sampled_from(Operation)),
        kind=GroupVersionKind(group, version, kind),
        resource=GroupVersionResource(group, version, resource),
        subresource=draw(st.sampled_from(["", "", "status", "scale"])),
        namespace=draw(st.sampled_from(["", "n"])),
        name=draw(st.sampled_from(["", "a", "b", "c"])),
        object={"metadata": {"labels": labels}},
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(constraints, min_size=1, max_size=4), st.lists(requests(), min_size=1, max_size=4))
def test_the_index_finds_what_looking_at_every_policy_finds(
    wanted: list[MatchResources], asked: list[AdmissionRequest]
) -> None:
    policies = [
        Policy(name=str(index), match_constraints=one, validations=(Validation(expression="true"),))
        for index, one in enumerate(wanted)
    ]
    bindings = [Binding(name="b", policy_name=policy.name) for policy in policies]
    compiled = PolicySet.compile(policies, bindings)
    context = Context(namespaces=NamespaceTable.of([{"metadata": {"name": "n", "labels": {"k": "v"}}}]))
    for request in asked:
        shape = RequestShape.of(request)
        found = {d.policy for d in review(compiled, request, context).decisions}
        direct = {
            policy.name: Constraints.compile(one).match(request, shape, context, BUILT_IN_KINDS)
            for policy, one in zip(policies, wanted, strict=True)
        }
        # Where only a server could convert the object there is a decision too: that it was skipped.
        assert found == {name for name, match in direct.items() if match is not None}
