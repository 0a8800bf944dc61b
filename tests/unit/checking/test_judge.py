from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.checking.recipe import Recipe
from policy_engine.checking.surroundings import read_ahead
from policy_engine.reports.findings import FileFindings, Level

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limits}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    namespaceSelector: {matchLabels: {env: prod}}
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= int(params.data.most)
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limits}
spec:
  policyName: limits
  validationActions: [Warn]
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
"""
LIMITS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "limits", "namespace": "shop"},
    "data": {"most": "3"},
}
SHOP = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {env: prod}}\n"
WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  replicas: 9\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)
    Path("shop.yaml").write_text(SHOP)
    Path("web.yaml").write_text(WEB)
    return tmp_path


def judged(*files: str) -> FileFindings:
    ahead = read_ahead(files)
    recipe = Recipe(
        policy_paths=("policy.yaml",),
        version="1.36",
        namespaces=tuple(ahead.namespaces),
        definitions=tuple(ahead.definitions),
        params=(LIMITS,),
    )
    return recipe.load().judge("web.yaml", ahead.data["web.yaml"])


@pytest.mark.usefixtures("folder")
def test_a_finding_points_at_the_field_that_the_param_was_compared_with() -> None:
    (finding,) = judged("shop.yaml", "web.yaml").findings
    assert (finding.level, finding.param, finding.field) == (Level.WARN, "shop/limits", "spec.replicas")
    assert (finding.path, finding.span.start) == ("web.yaml", (5, 3))


@pytest.mark.usefixtures("folder")
def test_what_a_namespace_is_needed_for_is_skipped_where_no_manifest_describes_it() -> None:
    result = judged("web.yaml")
    assert result.findings == []
    assert [skip.reason for skip in result.skips] == ["namespace `shop` is not known here"]
