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
    if policy.match_conditions and not inputs.is_as_asked(target):
        return None  # conditions see another `request`, or other objects than most policies
    activation = inputs.activation(target, policy.roots)
    if policy.policy.param_kind is not None:
        activation = {**activation, "params": subject.param}
    return look(policy, inputs, activation, meter)


def look(
    policy: CompiledPolicy, inputs: RequestInputs, activation: Mapping[str, Value], meter: Meter
) -> bool | None:
    """Do what `admits` does, for a policy whose checks can be evaluated and whose inputs are there."""
    values = activation
    try:
        if policy.match_conditions and not _applies(policy, inputs, activation, meter):
            return False
        if policy.variables:
            values = own = dict(activation)
            own["variables"] = _Variables(policy.variable_checks, own, inputs, meter)
        for check in policy.checks or ():
            if check(values, meter) is not True:
                return None
        return True
    except (Exception, Interrupted):  # whatever it was, a closer look finds out what it means
        return None
    finally:
        if values is not activation:
            own.clear()  # it refers to itself through `variables`


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


class _Variables(dict[str, Value]):
    """The value of `variables`: each is evaluated when it is first read. KeyError: it was never declared.

    Those that several policies have are evaluated once, and paid by each of them.
    """

    __slots__ = ("_activation", "_checks", "_inputs", "_meter")

    def __init__(
        self,
        checks: Mapping[str, tuple[Check, str | None]],
        activation: Mapping[str, Value],
        inputs: RequestInputs,
        meter: Meter,
    ) -> None:
        super().__init__()
        self._checks = checks
        self._activation = activation
        self._inputs = inputs
        self._meter = meter

    def __missing__(self, name: str) -> Value:
        check, meaning = self._checks[name]
        if meaning not in self._inputs.shared:
            value = self[name] = check(self._activation, self._meter)
            return value
        answered = self._inputs.variables
        known = answered.get(meaning)
        if known is not None:
            value, fuel = known
            self._meter.charge(fuel)
        else:
            before = self._meter.left
            value = check(self._activation, self._meter)
            answered[meaning] = value, before - self._meter.left
        self[name] = value
        return value
