"""Policies of the cluster, compiled anew only where they changed."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import orjson

from policy_engine.admission.environment import PolicyEnvironments
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.model import Binding, Policy
from policy_engine.admission.objects import object_name
from policy_engine.admission.policies import CompiledPolicy, compile_policy
from policy_engine.errors import PolicyError
from webhook.policies.ruleset import Source

_log = logging.getLogger("polgate.policies")


class ClusterPolicyCompiler:
    """Turns objects of the API server into what is in force.

    What does not compile stays in force, as on the server: evaluating it is an error, which failurePolicy decides.
    """

    def __init__(self, version: str) -> None:
        self._environments = PolicyEnvironments(version)
        self._compiled: dict[str, tuple[bytes, CompiledPolicy]] = {}

    def compile(self, policies: Iterable[JsonObject], bindings: Iterable[JsonObject]) -> Source:
        """Compile what is new. Objects that cannot be read are left out, and named among the problems."""
        problems: list[str] = []
        compiled = [policy for document in policies if (policy := self._compile(document, problems)) is not None]
        self._compiled = {policy.name: self._compiled[policy.name] for policy in compiled}
        decoded = [binding for document in bindings if (binding := _decode(document, problems)) is not None]
        names = {policy.name for policy in compiled}
        problems += [
            f"binding `{binding.name}` does nothing: there is no policy `{binding.policy_name}`"
            for binding in decoded
            if binding.policy_name not in names
        ]
        return Source(policies=tuple(compiled), bindings=tuple(decoded), problems=tuple(problems))

    def _compile(self, document: JsonObject, problems: list[str]) -> CompiledPolicy | None:
        name = object_name(document)
        text = orjson.dumps(document.get("spec"), option=orjson.OPT_SORT_KEYS)
        known = self._compiled.get(name)
        if known is not None and known[0] == text:
            return known[1]
        try:
            compiled = compile_policy(Policy.decode(document), self._environments)
        except PolicyError as error:
            problems.append(f"policy `{name}` is left out: {error.message}")
            return None
        except Exception as error:  # one policy that we cannot compile must not keep all others out
            _log.error("a policy cannot be compiled: please report it", exc_info=error, extra={"policy": name})
            problems.append(
                f"policy `{name}` is left out: an internal error of polgate kept it from being compiled"
            )
            return None
        self._compiled[name] = (text, compiled)
        return compiled


def _decode(document: JsonObject, problems: list[str]) -> Binding | None:
    try:
        return Binding.decode(document)
    except PolicyError as error:
        problems.append(f"binding `{object_name(document)}` is left out: {error.message}")
        return None
