"""Names in wants, held against the policies: a misspelt one must never pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy_engine.admission.model import Validation
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.policy_set import PolicySet
from policy_engine.authoring.fields import Problem, did_you_mean
from policy_engine.authoring.testing.model import Case, Want


def resolve_wants(case: Case, policies: PolicySet, problems: list[Problem]) -> tuple[Want, ...]:
    """Check every name of a case, and turn a validation's text into its policy and index."""
    known = {policy.name: policy for policy in policies.policies}
    judging = list(known)
    if case.policies is not None:
        for index, name in enumerate(case.policies):
            _check("policy", name, judging, (*case.path, "policies", index), problems)
        judging = [name for name in judging if name in case.policies]
    bindings = [binding.name for binding in policies.bindings if binding.policy_name in judging]
    resolved = []
    for want in case.wants:
        if want.policy is not None:
            _check("policy", want.policy, judging, (*want.path, "policy"), problems)
        if want.binding is not None:
            _check("binding", want.binding, bindings, (*want.path, "binding"), problems)
        chosen = [known[name] for name in judging if want.policy in (None, name)]
        resolved.append(_with_index(want, chosen, problems) if want.validation is not None else want)
    return tuple(resolved)


def _check(
    what: str, name: str, known: Sequence[str], path: tuple[str | int, ...], problems: list[Problem]
) -> None:
    if name not in known:
        problems.append(Problem(path=path, message=f"no {what} `{name}`", help=did_you_mean(name, known)))


def _with_index(want: Want, policies: Sequence[CompiledPolicy], problems: list[Problem]) -> Want:
    """Find the one validation that is meant."""
    hits = [(policy.name, index) for policy in policies for index in _indices(policy, want.validation)]
    if len(hits) == 1:
        return replace(want, policy=hits[0][0], validation=hits[0][1])
    path = (*want.path, "validation")
    if hits:
        where = ", ".join(f"`{name}` {index}" for name, index in hits)
        problems.append(
            Problem(path=path, message=f"several validations are meant: {where}", help="name the `policy`")
        )
        return want
    count = sum(len(policy.validations) for policy in policies)
    if isinstance(want.validation, int):
        message = f"no validation {want.validation}: there are {count}, counted from 0"
        problems.append(Problem(path=path, message=message))
    else:
        texts = [text for policy in policies for texts in map(_texts, policy.policy.validations) for text in texts]
        help = did_you_mean(str(want.validation).strip(), texts)
        problems.append(Problem(path=path, message=f"no validation `{want.validation}`", help=help))
    return want


def _indices(policy: CompiledPolicy, wanted: int | str | None) -> list[int]:
    if isinstance(wanted, int):
        return [wanted] if 0 <= wanted < len(policy.validations) else []
    text = (wanted or "").strip()
    return [index for index, one in enumerate(policy.policy.validations) if text in _texts(one)]


def _texts(validation: Validation) -> list[str]:
    """Give the texts by which a validation can be named."""
    return [text.strip() for text in (validation.expression, validation.message) if text.strip()]
