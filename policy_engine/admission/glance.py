"""A quick look whether a policy has nothing to say, as most have to most requests.

Only compiled code runs here.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission.inputs import RequestInputs
from policy_engine.admission.matching import Target
from policy_engine.admission.policies import Check, CompiledPolicy
from policy_engine.admission.subjects import Subject
from policy_engine.cel.budget import Meter
from policy_engine.cel.errors import Interrupted
from policy_engine.cel.libraries.declare import Value


def admits(subject: Subject, inputs: RequestInputs, target: Target, meter: Meter) -> bool | None:
    """Tell whether all validations of a policy hold; False where its match conditions leave the request out.

    None: something does not hold, or that takes more than a glance. The meter holds what the whole evaluation may
    cost: as long as it lasts, no limit of the API server can have been passed.
    """
    policy = subject.policy
    if policy.checks is None or not policy.needs.isdisjoint(inputs.lacking):
        return None
    activation = inputs.activation(target, policy.roots)
    if policy.policy.param_kind is not None:
        activation = {**activation, "params": subject.param}
    try:
        if policy.match_conditions:
            if not inputs.is_as_asked(target):
                return None  # conditions see another `request`, or other objects than most policies
            if not _applies(policy, inputs, activation, meter):
                return False
        if not policy.variables:
            return _all_hold(policy, activation, meter)
        values = dict(activation)
        values["variables"] = _Variables(policy.variable_checks, values, meter)
        try:
            return _all_hold(policy, values, meter)
        finally:
            values.clear()  # it refers to itself through `variables`
    except (Exception, Interrupted):  # whatever it was, a closer look finds out what it means
        return None


def _applies(policy: CompiledPolicy, inputs: RequestInputs, activation: Mapping[str, Value], meter: Meter) -> bool:
    """Evaluate match conditions; those that policies share once, however many ask."""
    answered = inputs.conditions
    for check, number in policy.condition_checks or ():
        if number is None:
            value = check(activation, meter)
        elif number in answered:
            value, fuel = answered[number]
            meter.charge(fuel)
        else:
            before = meter.left
            value = check(activation, meter)
            answered[number] = value, before - meter.left
        if value is not True:
            return False
    return True


def _all_hold(policy: CompiledPolicy, values: Mapping[str, Value], meter: Meter) -> bool | None:
    for check in policy.checks or ():
        if check(values, meter) is not True:
            return None
    return True


class _Variables(dict[str, Value]):
    """The value of `variables`: each is evaluated when it is first read. KeyError: it was never declared."""

    __slots__ = ("_activation", "_checks", "_meter")

    def __init__(self, checks: Mapping[str, Check], activation: Mapping[str, Value], meter: Meter) -> None:
        super().__init__()
        self._checks = checks
        self._activation = activation
        self._meter = meter

    def __missing__(self, name: str) -> Value:
        value = self[name] = self._checks[name](self._activation, self._meter)
        return value
