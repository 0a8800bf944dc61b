from pathlib import Path

from policy_engine.checking.recipe import Recipe

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: tags}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps, extensions], apiVersions: ["*"], operations: ["*"], resources: [deployments]}
  validations:
  - expression: "object.spec.containers.all(c, !c.image.endsWith(':latest'))"
    message: name a version
  - expression: "!has(object.spec.replicas) || object.spec.replicas < 4"
    messageExpression: "string(object.spec.replicas) + ' replicas are too many'"
"""
WEB = "{name: web, image: 'web:latest'}"
SIDE = "{name: side, image: 'side:1'}"


def fingerprints(
    tmp_path: Path,
    containers: str,
    *,
    version: str = "apps/v1",
    before: str = "",
    path: str = "a.yaml",
    rest: str = "",
) -> list[str]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    recipe = Recipe(policy_paths=(str(policy),), version="1.36", namespaces=(), definitions=(), params=())
    manifest = (
        f"{before}apiVersion: {version}\nkind: Deployment\nmetadata: {{name: web}}\n"
        f"spec:\n  containers: [{containers}]\n{rest}"
    )
    return [finding.fingerprint for finding in recipe.load().judge(path, manifest.encode()).findings]


def test_a_fingerprint_does_not_change_where_lines_files_versions_and_places_in_lists_do(tmp_path: Path) -> None:
    (first,) = fingerprints(tmp_path, WEB)
    assert fingerprints(tmp_path, WEB, before="# one\n# two\n") == [first]
    assert fingerprints(tmp_path, WEB, path="b/c.yaml") == [first]
    assert fingerprints(tmp_path, f"{SIDE}, {WEB}") == [first]
    assert fingerprints(tmp_path, WEB, version="extensions/v1beta1") == [first]


def test_another_container_or_a_worse_value_is_another_finding(tmp_path: Path) -> None:
    (first,) = fingerprints(tmp_path, WEB)
    assert fingerprints(tmp_path, "{name: other, image: 'web:latest'}") != [first]
    five = fingerprints(tmp_path, SIDE, rest="  replicas: 5\n")
    nine = fingerprints(tmp_path, SIDE, rest="  replicas: 9\n")
    assert len(five) == len(nine) == 1
    assert five != nine
