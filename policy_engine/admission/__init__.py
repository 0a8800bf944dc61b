"""Kubernetes' admission policies: what is in force, what is asked, and what follows. Pure."""

from policy_engine.admission.context import Context, NamespaceTable, ParamTable, Unknown
from policy_engine.admission.decisions import Action, Decision, Evaluation, Origin
from policy_engine.admission.judging import review
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.manifests import request_from_manifest
from policy_engine.admission.model import Binding, Policy
from policy_engine.admission.policy_set import PolicyProblem, PolicySet
from policy_engine.admission.request import AdmissionRequest, Operation, UserInfo
from policy_engine.admission.verdict import Verdict
from policy_engine.admission.wire import Wire

__all__ = [
    "BUILT_IN_KINDS",
    "Action",
    "AdmissionRequest",
    "Binding",
    "Context",
    "Decision",
    "Evaluation",
    "Kinds",
    "NamespaceTable",
    "Operation",
    "Origin",
    "ParamTable",
    "Policy",
    "PolicyProblem",
    "PolicySet",
    "Unknown",
    "UserInfo",
    "Verdict",
    "Wire",
    "request_from_manifest",
    "review",
]
