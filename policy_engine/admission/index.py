"""Which policies and bindings can concern a request, found by its shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from policy_engine.admission.entries import Pass
from policy_engine.admission.expressions import Need
from policy_engine.admission.kinds import Kinds
from policy_engine.admission.matching import Constraints, Target
from policy_engine.admission.model import Binding
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.rules import RequestShape
from policy_engine.admission.subjects import Subject
from policy_engine.cel.budget import CostBound
from policy_engine.records import record

# Shapes come from requests, so what is kept about them is bounded. A cluster sees a few hundred of them.
_MAX_SHAPES = 2048

# Never judged by policies that live in the API, or nobody could mend a policy that denies everything.
# Source: k8s.io/apiserver pkg/admission/plugin/policy/generic/plugin.go, `admissionResources`, and
# k8s.io/kubernetes pkg/kubeapiserver/admission/exclusion/resources.go.
_EXEMPT = frozenset(
    {
        ("admissionregistration.k8s.io", "validatingadmissionpolicies"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies"),
        ("admissionregistration.k8s.io", "mutatingadmissionpolicybindings"),
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    }
)


@record
class CompiledBinding:
    """A binding with its constraints prepared. None: everything the policy matches."""

    binding: Binding
    constraints: Constraints | None

    @classmethod
    def compile(cls, binding: Binding) -> CompiledBinding:
        """Prepare a binding."""
        resources = binding.match_resources
        return cls(binding, None if resources is None else Constraints.compile(resources))


@record
class BoundPolicy:
    """A policy with its bindings, in the order given."""

    policy: CompiledPolicy
    bindings: tuple[CompiledBinding, ...]


@record
class BindingRoute:
    """A binding that can concern requests of a shape.

    target, constraints: as in Route. takes_params: they have to be collected.
    passed: the entry for a verdict where all is well, made beforehand because it is the one most often wanted.
    """

    subject: Subject
    target: Target | None
    constraints: Constraints | None
    takes_params: bool
    passed: Pass


@record
class Route:
    """A policy that can concern requests of a shape.

    target: what the rules match; None where names decide. constraints: what is left to check, None if nothing.
    is_plain: nothing is left to find out but what the expressions say, alike for all bindings.
    passed: the entries where they all hold.
    """

    policy: CompiledPolicy
    target: Target | None
    constraints: Constraints | None
    bindings: tuple[BindingRoute, ...]
    is_plain: bool = False
    passed: tuple[Pass, ...] = ()


@record
class Routes:
    """All policies that can concern requests of a shape, in the order given.

    needs, roots, bound, shared: of the plain ones together: what they need to be known, the names they read, the
    most that one of them costs, loops apart, and what variables mean that several of them have.
    """

    routes: tuple[Route, ...]
    needs: frozenset[Need]
    roots: frozenset[str]
    bound: CostBound
    shared: frozenset[str | None]

    @classmethod
    def of(cls, routes: Iterable[Route]) -> Routes:
        """Sum up routes."""
        routes = tuple(routes)
        plain = [route.policy for route in routes if route.is_plain]
        bounds = [policy.glance_bound for policy in plain]
        meanings = Counter(meaning for policy in plain for _, meaning in policy.variable_checks.values())
        return cls(
            routes,
            frozenset[Need]().union(*(policy.needs for policy in plain)),
            frozenset[str]().union(*(policy.roots for policy in plain)),
            CostBound(
                max((bound.constant for bound in bounds), default=0),
                max((bound.per_byte for bound in bounds), default=0.0),
            ),
            frozenset(meaning for meaning, count in meanings.items() if meaning is not None and count > 1),
        )


_NO_ROUTES = Routes.of(())


class Index:
    """Finds routes by shape. The answers are kept; they depend on nothing else."""

    __slots__ = ("_kinds", "_policies", "_routes")

    def __init__(self, policies: Iterable[BoundPolicy], kinds: Kinds) -> None:
        self._policies = tuple(policies)
        self._kinds = kinds
        self._routes: dict[RequestShape, Routes] = {}

    def routes(self, shape: RequestShape) -> Routes:
        """Give the policies that can concern requests of a shape, in the order given."""
        routes = self._routes.get(shape)
        if routes is None:
            routes = self._find(shape)
            if len(self._routes) >= _MAX_SHAPES:
                self._routes.clear()
            self._routes[shape] = routes
        return routes

    def _find(self, shape: RequestShape) -> Routes:
        if (shape.resource.group, shape.resource.resource) in _EXEMPT:
            return _NO_ROUTES
        targets: dict[Target, Target] = {}  # equal ones are made one, which is quicker to compare
        found = (self._route(bound, shape, targets) for bound in self._policies)
        return Routes.of(route for route in found if route is not None)

    def _route(self, bound: BoundPolicy, shape: RequestShape, targets: dict[Target, Target]) -> Route | None:
        constraints = bound.policy.constraints
        if constraints is None:  # misconfigured, which is told to every request
            return Route(bound.policy, None, None, ())
        target = constraints.match_rules(shape, None, self._kinds)
        if target is None:
            return None
        routes = (self._binding_route(bound.policy, binding, shape) for binding in bound.bindings)
        bindings = tuple(route for route in routes if route is not None)
        left = None if constraints.by_shape else constraints
        known = None if constraints.by_name else targets.setdefault(target, target)
        is_plain = (
            left is None
            and known == Target(shape.resource, shape.kind)
            and bound.policy.checks is not None
            and bound.policy.policy.param_kind is None
            and all(route.constraints is None for route in bindings)
        )
        passed = tuple(binding.passed for binding in bindings)
        return Route(bound.policy, known, left, bindings, is_plain, passed)

    def _binding_route(
        self, policy: CompiledPolicy, compiled: CompiledBinding, shape: RequestShape
    ) -> BindingRoute | None:
        binding, constraints = compiled.binding, compiled.constraints
        target = left = None
        if constraints is not None:
            target = constraints.match_rules(shape, None, self._kinds)
            if target is None:
                return None
            if constraints.by_name:
                target = None
            left = None if constraints.by_shape else constraints
        subject = Subject(policy, binding)
        takes_params = policy.policy.param_kind is not None and binding.param_ref is not None
        return BindingRoute(subject, target, left, takes_params, Pass(subject))
