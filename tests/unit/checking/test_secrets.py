import base64
from pathlib import Path

from policy_engine.admission.policy_set import PolicySet
from policy_engine.authoring.policy_files import load_policies
from policy_engine.checking.recipe import Recipe
from policy_engine.reports.findings import FileFindings
from policy_engine.sources import DocumentReader
from policy_engine.sources.document import Broken
from policy_engine.sources.text import HIDDEN_EXCERPT

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: tells}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: ["*"], resources: [secrets, configmaps]}
  validations:
  - expression: "object.data.key.size() < 3"
    messageExpression: "'the key is ' + object.data.key"
"""


def judged(tmp_path: Path, manifest: str) -> FileFindings:
    (tmp_path / "policy.yaml").write_text(POLICY)
    recipe = Recipe(
        policy_paths=(str(tmp_path / "policy.yaml"),), version="1.36", namespaces=(), definitions=(), params=()
    )
    assert isinstance(load_policies(recipe.policy_paths, version="1.36").set, PolicySet)
    return recipe.load().judge("secret.yaml", manifest.encode())


def manifest(kind: str, value: str) -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: one}}\ndata:\n  key: {value}\n"


def test_what_a_secret_holds_is_in_no_message_and_no_excerpt(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, manifest("Secret", base64.b64encode(b"hunter2").decode())).findings
    assert finding.message == "the key is ***"
    assert finding.excerpt == HIDDEN_EXCERPT
    assert finding.field == "data.key"


def test_other_objects_are_shown_as_they_are(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, manifest("ConfigMap", "hunter2")).findings
    assert finding.message == "the key is hunter2"
    assert finding.excerpt.text == "  key: hunter2"


def test_the_lines_of_a_broken_secret_are_not_shown() -> None:
    for kind in ("kind: Secret", "kind: 'Secret'", '"kind" : "Secret"'):
        text = f"apiVersion: v1\n{kind}\ndata:\n  key: [hunter2\n"
        (broken,) = DocumentReader().read("secret.yaml", text.encode())
        assert isinstance(broken, Broken)
        assert broken.excerpt == HIDDEN_EXCERPT
        assert "hunter2" not in broken.message
