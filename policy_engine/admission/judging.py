"""The judgement itself: every policy that concerns a request, by every binding, with every param."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from policy_engine.admission.context import Context, Unknown
from policy_engine.admission.decisions import DENY, Action, Decision, Evaluation, Origin
from policy_engine.admission.entries import Decided, Pass
from policy_engine.admission.evaluation import Outcome, evaluate
from policy_engine.admission.glance import admits, look
from policy_engine.admission.index import BindingRoute, Route, Routes
from policy_engine.admission.inputs import RequestInputs, json_size
from policy_engine.admission.kinds import Kinds
from policy_engine.admission.matching import Constraints, Match, Misconfigured, Target
from policy_engine.admission.model import Binding
from policy_engine.admission.params import collect_params
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.rules import RequestShape
from policy_engine.admission.runners import ExactRunner, FastRunner
from policy_engine.admission.subjects import Subject
from policy_engine.admission.verdict import Verdict
from policy_engine.cel.budget import PER_CALL_LIMIT, CostBound, Meter, OutOfFuel
from policy_engine.cel.libraries.declare import Value

# Stands in a decision about a policy itself, where no binding is concerned yet.
_NO_BINDING = Binding(name="", policy_name="", actions=(DENY,))
_FAULT = "an internal error of polgate kept it from being evaluated"
_NO_CONSTRAINTS = "policy contained no match constraints, a required field"


OnFault: TypeAlias = Callable[[str, Exception], None]
"""Told the name of a policy that could not be evaluated through a fault of this program, and the fault."""


def review(
    policies: PolicySet, request: AdmissionRequest, context: Context, *, on_fault: OnFault | None = None
) -> Verdict:
    """Judge a request by all policies. Pure: the same arguments give the same verdict.

    on_fault: with it, a fault of this program is told there and counts as an error of the policy concerned, which
        its failurePolicy decides about like any other; the other policies are judged. Without it, faults are
        raised.
    Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/dispatcher.go, `Dispatch`.
    """
    shape = RequestShape.of(request)
    found = policies.index.routes(shape)
    if not found.routes:
        return Verdict(request, False, ())
    under_way = _Review(request, context, shape, policies.kinds)
    values = under_way.values_at_a_glance(found)
    try:
        for route in found.routes:
            try:
                if values is None or not route.is_plain or not under_way.glance(route, values):
                    under_way.judge(route)
            except _NamespaceMissing:
                raise
            except Exception as fault:
                if on_fault is None:
                    raise
                on_fault(route.policy.name, fault)
                under_way.matched = True
                under_way.entries += _errors(route, _FAULT)
    except _NamespaceMissing:
        under_way.entries.append(Decided([_namespace_missing(request.namespace)]))
    return Verdict(request, under_way.matched, tuple(under_way.entries))


def undecided(policies: PolicySet, request: AdmissionRequest, message: str) -> Verdict:
    """Give the verdict where nothing could be evaluated: an error of every policy that can concern the request."""
    entries = [
        entry
        for route in policies.index.routes(RequestShape.of(request)).routes
        for entry in _errors(route, message)
    ]
    return Verdict(request, bool(entries), tuple(entries))


def _errors(route: Route, message: str) -> list[Decided]:
    subjects = [bound.subject for bound in route.bindings] or [Subject(route.policy, _NO_BINDING)]
    return [Decided([subject.error(message, place="spec", origin=Origin.INTERNAL)]) for subject in subjects]


class _NamespaceMissing(Exception):
    pass


class _Review:
    """One review under way."""

    __slots__ = (
        "_plain",
        "_plain_fuel",
        "_quick",
        "context",
        "entries",
        "inputs",
        "kinds",
        "matched",
        "request",
        "shape",
    )

    def __init__(self, request: AdmissionRequest, context: Context, shape: RequestShape, kinds: Kinds) -> None:
        self.request = request
        self.kinds = kinds
        self.context = context
        self.shape = shape
        self.inputs = RequestInputs(request, context)
        self.entries: list[Pass | Decided] = []
        self.matched = False
        self._quick = self._meter(0)
        self._plain = self._meter(0)
        self._plain_fuel = 0

    def values_at_a_glance(self, found: Routes) -> dict[str, Value] | None:
        """Give what all plain routes read; None where they cannot be evaluated alike.

        From then on the meter holds what each of them may use up, loops included: as long as it lasts for all of
        them together, no policy can have passed a limit of its own.
        """
        inputs, request = self.inputs, self.request
        if inputs.is_namespace_missing or request.kind != request.request_kind:
            return None
        if not found.needs.isdisjoint(inputs.lacking):
            return None
        fuel = self._fuel(None, found.bound)
        if fuel < 0:
            return None
        self._plain_fuel = fuel
        self._plain.reset(fuel)
        inputs.shared = found.shared
        return inputs.activation(Target(self.shape.resource, self.shape.kind), found.roots)

    def glance(self, route: Route, values: dict[str, Value]) -> bool:
        """Judge a plain route, unless that takes a closer look."""
        admitted = look(route.policy, self.inputs, values, self._plain)
        if admitted is None:
            self._plain.reset(self._plain_fuel)
            return False
        self.matched = True
        if admitted:
            self.entries += route.passed
        return True

    def judge(self, route: Route) -> None:
        target = route.target
        if target is None or route.constraints is not None:
            target = self._match(route)
            if target is None:
                return
        self.matched = True
        policy = route.policy
        if policy.policy.param_kind is not None and self._is_param_kind_missing(policy):
            return
        needs_conversion = not self.inputs.is_as_asked(target) and target.kind != self.request.kind
        for binding in route.bindings:
            left = binding.constraints
            if left is not None and not self._binding_matches(binding, left):
                continue
            if binding.takes_params or needs_conversion:
                self._judge_binding(binding, target)
            else:
                self._evaluate(binding.subject, target, binding.passed)

    def _match(self, route: Route) -> Target | None:
        policy, constraints = route.policy, route.constraints
        if constraints is None:
            self._policy_at_fault(policy, _NO_CONSTRAINTS, "spec.matchConstraints")
            return None
        match = self._match_constraints(constraints, route.target)
        if isinstance(match, Unknown):
            self.matched = True  # by its rules; only the namespace is in doubt
            skip = Subject(policy, _NO_BINDING).skip(
                match.reason, place="spec.matchConstraints.namespaceSelector", origin=Origin.POLICY_CONFIGURATION
            )
            self.entries.append(Decided([skip]))
            return None
        if isinstance(match, Misconfigured):
            self._policy_at_fault(policy, match.message, "spec.matchConstraints")
            return None
        return match

    def _binding_matches(self, route: BindingRoute, constraints: Constraints) -> bool:
        match = self._match_constraints(constraints, route.target)
        if isinstance(match, (Misconfigured, Unknown)):
            self._binding_unusable(route.subject, match, "spec.matchResources")
            return False
        return match is not None

    def _match_constraints(self, constraints: Constraints, target: Target | None) -> Match:
        """Match what the shape of the request has left open. target: what the rules match, if that is known."""
        if target is None:
            return constraints.match(self.request, self.shape, self.context, self.kinds)
        selected = constraints.match_selectors(self.request, self.context)
        if selected is True:
            return target
        return None if selected is False else selected

    def _judge_binding(self, route: BindingRoute, target: Target) -> None:
        """Collect params, and see that the objects can be had as the policy wants them."""
        subject = route.subject
        policy, binding = subject.policy, subject.binding
        kind, ref = policy.policy.param_kind, binding.param_ref
        params = collect_params(kind, ref, self.request.namespace, self.context)
        if isinstance(params, (Misconfigured, Unknown)):
            self._binding_unusable(subject, params, "spec.paramRef")
            return
        if params and not self.kinds.shares_schema(self.request.kind, target.kind):
            reason = f"only a server can convert {self.request.kind.api_version} to {target.kind.api_version}"
            skip = subject.skip(reason, place="spec.matchConstraints", origin=Origin.POLICY_CONFIGURATION)
            self.entries.append(Decided([skip]))
            return
        if not params and self.inputs.is_namespace_missing:
            raise _NamespaceMissing
        for param in params:
            with_param = Subject(policy, binding, param)
            self._evaluate(with_param, target, Pass(with_param))

    def _evaluate(self, subject: Subject, target: Target, passed: Pass) -> None:
        inputs = self.inputs
        if inputs.is_namespace_missing:
            raise _NamespaceMissing
        fuel = self._fuel(subject, subject.policy.glance_bound)
        self._quick.reset(fuel)
        admitted = admits(subject, inputs, target, self._quick) if fuel >= 0 else None
        if admitted:
            self.entries.append(passed)
        elif admitted is None:
            outcome = self._look_closely(subject, target)
            if outcome.decisions:
                self.entries.append(Decided(outcome.decisions, subject, outcome.annotations))
            elif outcome.applies:
                self.entries.append(Pass(subject, outcome.annotations))

    def _fuel(self, subject: Subject | None, bound: CostBound) -> int:
        """Give what loops may cost for the whole to stay within the limit of one call, and so of all."""
        fuel = PER_CALL_LIMIT - bound.constant
        if bound.per_byte:
            size = self.inputs.size_bytes()
            if subject is not None and subject.param is not None:
                size += json_size(subject.param)
            fuel -= int(bound.per_byte * size) + 1
        return fuel

    def _look_closely(self, subject: Subject, target: Target) -> Outcome:
        """Evaluate fast while the cost is certain to stay within every limit, otherwise exactly."""
        fuel = self._fuel(subject, subject.policy.bound)
        if fuel >= 0:
            try:
                return evaluate(subject, self.inputs, target, FastRunner(self._meter(fuel)))
            except OutOfFuel:
                pass
        return evaluate(subject, self.inputs, target, ExactRunner(self._meter(PER_CALL_LIMIT)))

    def _meter(self, fuel: int) -> Meter:
        return Meter(fuel, clock=self.context.clock, deadline=self.context.deadline)

    def _is_param_kind_missing(self, policy: CompiledPolicy) -> bool:
        kind, params = policy.policy.param_kind, self.context.params
        if kind is None or params is None or params.is_namespaced(kind) is not None:
            return False
        message = f"failed to find resource referenced by paramKind: '{kind}'"
        self._policy_at_fault(policy, message, "spec.paramKind")
        return True

    def _policy_at_fault(self, policy: CompiledPolicy, message: str, place: str) -> None:
        text = f"failed to configure policy: {message}"
        subject = Subject(policy, _NO_BINDING)
        self.entries.append(Decided([subject.fault(text, place=place, origin=Origin.POLICY_CONFIGURATION)]))

    def _binding_unusable(self, subject: Subject, why: Misconfigured | Unknown, place: str) -> None:
        origin = Origin.BINDING_CONFIGURATION
        if isinstance(why, Unknown):
            decision = subject.skip(why.reason, place=place, origin=origin)
        else:
            text = f"failed to configure binding: {why.message}"
            decision = subject.fault(text, place=place, origin=origin)
        self.entries.append(Decided([decision]))


def _namespace_missing(name: str) -> Decision:
    """Say what refuses the whole request, whatever the policies are."""
    return Decision(
        policy="",
        binding="",
        param="",
        origin=Origin.NAMESPACE,
        place="metadata.namespace",
        index=0,
        action=Action.DENY,
        evaluation=Evaluation.ERROR,
        message=f'namespaces "{name}" not found',
        actions=(DENY,),
    )
