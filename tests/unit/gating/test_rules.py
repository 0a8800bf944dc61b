from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy_engine.authoring.files import BrokenFiles
from policy_engine.errors import InputError
from policy_engine.forges.proposals import Build, Proposal
from policy_engine.gating.gate import Judged
from policy_engine.reports.findings import Outcome
from policy_engine.sources import Place
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import NO_BAD, SETTINGS, asked, config_map, policy, told

Gate = Callable[..., Judged]
ALLOWS = policy("no-bad", "true")


def codes(judged: Judged) -> list[str]:
    return [notice.code for notice in judged.report.notices]


def test_a_change_that_softens_a_policy_is_judged_by_the_old_one_and_flagged(gate: Gate) -> None:
    judged = gate({"policies/no-bad.yaml": ALLOWS, "a.yaml": config_map("a", "bad")})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert codes(judged) == ["policies-changed"]


def test_a_change_that_points_the_settings_elsewhere_is_judged_by_the_old_ones_and_flagged(gate: Gate) -> None:
    softer = SETTINGS.replace("[policies]", "[soft]") + "paths: {exclude: ['*']}\n"
    judged = gate({".polgate.yaml": softer, "soft/a.yaml": ALLOWS, "a.yaml": config_map("a", "bad")})
    assert "new deny CREATE a: bad is not allowed" in told(judged)
    assert codes(judged) == ["settings-changed", "policies-changed"]


def test_a_change_that_removes_the_settings_is_judged_by_them_and_is_an_error(gate: Gate) -> None:
    judged = gate({".polgate.yaml": None, "a.yaml": config_map("a", "bad")})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert codes(judged) == ["settings-changed"]
    assert [(b.path, b.code) for b in judged.report.broken] == [(".polgate.yaml", "policy-invalid")]


@pytest.mark.parametrize("settings", [SETTINGS + "polices: []\n", "[]\n", ""])
def test_mistakes_in_new_settings_are_not_told_as_those_of_a_policy(gate: Gate, settings: str) -> None:
    judged = gate({".polgate.yaml": settings, "a.yaml": config_map("a", "bad")})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert [(b.path, b.code) for b in judged.report.broken] == [(".polgate.yaml", "settings-invalid")]


def test_policies_named_on_the_command_line_are_read_from_the_base_too(
    repository: TestRepository, gate: Gate
) -> None:
    judged = gate(
        {"policies/no-bad.yaml": ALLOWS, "a.yaml": config_map("a", "bad")},
        policies=(str(repository.folder / "policies"),),
    )
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]


def test_policies_outside_of_the_repository_are_read_as_they_are(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "rules.yaml").write_text(policy("other", "object.data.key != 'x'"))
    judged = gate({"a.yaml": config_map("a", "x")}, policies=(str(tmp_path / "rules.yaml"),))
    assert told(judged) == ["new deny CREATE a: no"]


def test_a_checkout_that_the_change_could_write_to_is_refused(repository: TestRepository, gate: Gate) -> None:
    repository.commit({".polgate.yaml": SETTINGS.replace("[policies]", "[{checkout: shared, path: .}]")})
    with pytest.raises(InputError, match="part of this repository"):
        gate({"shared/policy.yaml": ALLOWS})


def test_a_policy_that_does_not_compile_is_an_error_at_its_line(gate: Gate) -> None:
    judged = gate({"policies/no-bad.yaml": NO_BAD.replace("object == null", "objct == null")})
    (broken,) = judged.report.broken
    assert (broken.path, broken.code) == ("policies/no-bad.yaml", "policy-invalid")
    assert broken.place is not None
    assert judged.report.outcome is Outcome.FAILED


def test_a_test_of_a_changed_policy_that_fails_is_an_error_at_its_line(gate: Gate) -> None:
    test = """
apiVersion: polgate.io/v1alpha1
kind: PolicyTest
objects:
  good: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {key: good}}
cases:
- name: good is allowed
  request: {object: good}
  want: allow
"""
    judged = gate({"policies/no-bad.test.yaml": test})
    assert judged.report.broken == ()
    assert asked(judged) == []
    judged = gate({"policies/no-bad.yaml": policy("no-bad", "false")})
    assert [(b.path, b.code) for b in judged.report.broken] == [
        ("policies/no-bad.test.yaml", "policy-test-failed")
    ]


def test_a_change_that_leaves_no_policies_is_an_error(gate: Gate) -> None:
    judged = gate({"policies/no-bad.yaml": None})
    assert [(b.path, b.code) for b in judged.report.broken] == [("policies", "policy-invalid")]


def test_the_first_policies_come_in_with_a_notice(tmp_path: Path, gate: Gate) -> None:
    fresh = TestRepository.create(tmp_path / "fresh")
    base = fresh.commit({"a.yaml": config_map("a", "one")})
    fresh.commit({".polgate.yaml": SETTINGS, "policies/no-bad.yaml": NO_BAD, "a.yaml": config_map("a", "bad")})
    judged = gate(repository=str(fresh.folder), base=base)
    assert judged.requests == ()
    assert "not-in-force" in codes(judged)
    assert judged.report.outcome is Outcome.PASSED


def test_without_any_policies_nothing_passes(tmp_path: Path, gate: Gate) -> None:
    fresh = TestRepository.create(tmp_path / "fresh")
    base = fresh.commit({"a.yaml": config_map("a", "one")})
    fresh.commit({"a.yaml": config_map("a", "two")})
    with pytest.raises(InputError, match="nothing says where the policies are"):
        gate(repository=str(fresh.folder), base=base)
    fresh.commit({".polgate.yaml": SETTINGS})
    with pytest.raises(InputError, match=r"\.polgate\.yaml:4:12: `policies` is not in the base"):
        gate(repository=str(fresh.folder), base="HEAD", head="HEAD")


def test_an_old_starting_point_does_not_bring_back_old_policies(repository: TestRepository, gate: Gate) -> None:
    old = repository.git("rev-parse", "HEAD")
    repository.commit({"policies/strict.yaml": policy("strict", "object.data.key != 'x'", message="not x")})
    tip = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "feature", old)
    repository.commit({"a.yaml": config_map("a", "x")})
    judged = gate(base=tip)
    assert told(judged) == ["new deny CREATE a: not x"]
    assert asked(judged) == ["CREATE ConfigMap default/a"]


def test_namespaces_have_the_labels_of_the_base(repository: TestRepository, gate: Gate) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{tier: {}}}}}\n"
    selector = "    namespaceSelector: {matchLabels: {tier: strict}}"
    strict = policy("strict", "object.data.key != 'x'", extra=selector)
    repository.commit({"policies/strict.yaml": strict, "ns.yaml": namespace.format("strict")})
    judged = gate({"ns.yaml": namespace.format("lax"), "a.yaml": config_map("a", "x", namespace="shop")})
    assert told(judged) == ["new deny CREATE a: no"]


def test_labels_of_namespaces_come_from_settings_and_of_unknown_ones_nothing_is_guessed(
    repository: TestRepository, gate: Gate
) -> None:
    selector = "    namespaceSelector: {matchLabels: {tier: strict}}"
    labels = "namespaces: {labels: {shop: {tier: strict}}}\n"
    files = {"policies/strict.yaml": policy("strict", "false", extra=selector), ".polgate.yaml": SETTINGS + labels}
    repository.commit(files)
    assert told(gate({"a.yaml": config_map("a", "x", namespace="shop")})) == ["new deny CREATE a: no"]
    (skip,) = gate({"b.yaml": config_map("b", "x", namespace="other")}).report.skips
    assert skip.skip.reason == "no manifest and no setting describes namespace `other`"


def test_users_are_known_where_settings_say_who_they_are(repository: TestRepository, gate: Gate) -> None:
    users = "users: {ada: {username: ada@example.com, groups: [admins]}}\n"
    who = policy("who", "'admins' in request.userInfo.groups")
    repository.commit({".polgate.yaml": SETTINGS + users, "policies/who.yaml": who})
    ada, bob = (Build(system="s", event="e", proposal=Proposal(author=name)) for name in ("ada", "bob"))
    assert told(gate({"a.yaml": config_map("a", "one")}, build=ada)) == []
    judged = gate({"b.yaml": config_map("b", "one")}, build=bob)
    assert [count.skip.policy for count in judged.report.skips] == ["who"]


def test_params_come_from_the_base(repository: TestRepository, gate: Gate) -> None:
    limited = policy(
        "limited",
        "object.data.key != params.data.forbidden",
        extra="  paramKind: {apiVersion: v1, kind: ConfigMap}",
        resources="secrets",
    )
    binding = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limited}
spec:
  policyName: limited
  validationActions: [Deny]
  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}
"""
    repository.commit(
        {
            ".polgate.yaml": SETTINGS + "params: [limits.yaml]\n",
            "policies/limited.yaml": limited,
            "policies/binding.yaml": binding,
            "limits.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits, namespace: default}\n"
            "data: {forbidden: eA==}\n",
        }
    )
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {key: eA==}\n"
    judged = gate({"a.yaml": secret, "limits.yaml": None})
    assert "new deny CREATE a: no" in told(judged)


def test_a_definition_cannot_give_another_meaning_to_a_kind_that_is_known(gate: Gate) -> None:
    definition = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: harmless.apps}
spec:
  group: ""
  scope: Cluster
  names: {kind: ConfigMap, plural: harmless}
  versions: [{name: v1, served: true, storage: true}]
"""
    unknown = "---\napiVersion: x.example.com/v1\nkind: Thing\nmetadata: {name: a}\n"
    judged = gate({"crd.yaml": definition, "a.yaml": config_map("a", "bad") + unknown})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]


def test_charts_depend_on_packages_that_lie_beside_the_repository(repository: TestRepository, gate: Gate) -> None:
    settings = f"{SETTINGS}rendering: {{dependencies: ../packages}}\n"
    repository.commit({".polgate.yaml": settings, "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    asks = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0}]\n"
    (broken,) = gate({"web/Chart.yaml": asks}).report.broken
    assert f"nor in `{repository.folder.parent / 'packages'}`" in broken.message


def test_a_checkout_below_a_link_of_the_change_is_refused(repository: TestRepository, gate: Gate) -> None:
    repository.commit({".polgate.yaml": SETTINGS.replace("[policies]", "[{checkout: vendor/rules, path: .}]")})
    soft = repository.folder / "soft" / "rules"
    soft.mkdir(parents=True)
    (soft / "policy.yaml").write_text(ALLOWS)
    (repository.folder / "vendor").symlink_to("soft")
    with pytest.raises(InputError, match="part of this repository"):
        gate({"a.yaml": config_map("a", "bad")})


def test_a_definition_of_the_change_does_not_stand_before_one_of_the_base(
    repository: TestRepository, gate: Gate
) -> None:
    definition = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{kind: Widget, plural: {plural}}}
  versions: [{{name: v1, served: true, storage: true}}]
"""
    files = {"crd.yaml": definition.format(plural="widgets")}
    repository.commit({**files, "policies/w.yaml": policy("w", "false", group="example.com", resources="widgets")})
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n"
    judged = gate({"0.yaml": definition.format(plural="gadgets"), "a.yaml": widget})
    assert told(judged) == ["new deny CREATE a: no"]


def test_policies_that_only_the_change_has_are_said_to_judge_nothing(
    repository: TestRepository, gate: Gate
) -> None:
    folders = tuple(str(repository.folder / name) for name in ("policies", "extra"))
    judged = gate({"extra/more.yaml": policy("more", "true"), "a.yaml": config_map("a", "bad")}, policies=folders)
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert "not-in-force" in codes(judged)
    with pytest.raises(InputError, match="`nowhere` is not in the base"):
        gate(policies=(str(repository.folder / "nowhere"),))


MEND = "settings are read from the base: mend them there"


@pytest.mark.parametrize(
    ("more", "column", "message", "help"),
    [
        ("policies: [polices/]", 12, "`polices` is not in the base", f"did you mean `policies`? {MEND}"),
        (
            "policies: [policies/no-bd.yaml]",
            12,
            "`policies/no-bd.yaml` is not in the base",
            f"did you mean `policies/no-bad.yaml`? {MEND}",
        ),
        (
            "policies: ['policies/*.yaml']",
            12,
            "`policies/*.yaml` is not in the base",
            f"places are paths, not patterns: `policies/` stands for all manifests in that folder; {MEND}",
        ),
        (
            "policies: ['**']",
            12,
            "`**` is not in the base",
            f"places are paths, not patterns: name files and folders; {MEND}",
        ),
        (
            "policies: [nowhere/at/all]",
            12,
            "`nowhere/at/all` is not in the base",
            f"paths begin at the root of the repository; {MEND}",
        ),
        (
            "policies: [README.md/x]",
            12,
            "`README.md/x` is not in the base: `README.md` is a file",
            f"paths begin at the root of the repository; {MEND}",
        ),
        (
            "policies: [other]",
            1,
            "no ValidatingAdmissionPolicy found in `other`",
            f"name files or folders that hold some; {MEND}",
        ),
        (
            "policies: [policies, {path: ., checkout: ../nope}]",
            32,
            "`../nope` is not there: there is no folder `{above}/nope`",
            "have the CI job check it out before the gate runs; the path begins at the root of the work tree",
        ),
        (
            "policies: [{path: rule, checkout: ../library}]",
            13,
            "`rule` is not in `../library`",
            "did you mean `rules`?",
        ),
        (
            "policies: [{path: ., checkout: policies}]",
            22,
            "`policies` is part of this repository, so that the change could write to it",
            "have the CI job use a folder of its own, beside the repository",
        ),
    ],
)
def test_settings_of_the_base_that_name_what_is_not_there_are_told_at_their_line(
    repository: TestRepository, gate: Gate, more: str, column: int, message: str, help: str
) -> None:
    above = repository.folder.parent
    (above / "library" / "rules").mkdir(parents=True)
    settings = SETTINGS.replace("policies: [policies]", more)
    repository.commit({".polgate.yaml": settings, "other/a.yaml": config_map("a", "one")})
    with pytest.raises(BrokenFiles) as caught:
        gate({"a.yaml": config_map("a", "one")})
    (mistake,) = caught.value.mistakes
    assert (mistake.place, mistake.message) == (f".polgate.yaml:4:{column}", message.format(above=above))
    assert mistake.help == help
    assert mistake.excerpt is not None


def test_params_of_the_base_that_are_not_there_are_told_at_their_line_even_where_the_change_brings_them(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "params:\n- {path: limits.yaml}\n"})
    with pytest.raises(InputError, match=r"\.polgate\.yaml:6:4: `limits\.yaml` is not in the base"):
        gate({"limits.yaml": config_map("limits", "one")})


def test_places_of_settings_do_not_matter_where_the_command_line_names_policies(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({".polgate.yaml": SETTINGS.replace("[policies]", "[nowhere]")})
    judged = gate({"a.yaml": config_map("a", "bad")}, policies=(str(repository.folder / "policies"),))
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]


def test_settings_that_are_a_folder_are_told(repository: TestRepository, gate: Gate) -> None:
    judged = gate({".polgate.yaml": None, ".polgate.yaml/a.txt": ""})
    assert [(b.path, b.message) for b in judged.report.broken] == [
        (".polgate.yaml", "is a folder, expected a file with the settings of the gate")
    ]
    with pytest.raises(InputError, match=r"\.polgate\.yaml: is a folder, expected a file"):
        gate({"a.yaml": config_map("a", "one")})


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ("[nope]", "`nope` is not there"),
        ("[README.md/*]", "`README.md/*` is not there: `README.md` is a file"),
        ("[other]", "no ValidatingAdmissionPolicy found in `other`"),
    ],
)
def test_new_settings_that_name_no_policies_are_told_once(gate: Gate, policies: str, message: str) -> None:
    settings = SETTINGS.replace("[policies]", policies)
    judged = gate({".polgate.yaml": settings, "other/a.yaml": config_map("a", "one")})
    assert [(b.path, b.code, b.message) for b in judged.report.broken] == [
        (".polgate.yaml", "settings-invalid", message)
    ]


@pytest.mark.parametrize(
    ("more", "column", "message"),
    [
        ("params: [nope.yaml]", 10, "`nope.yaml` is not there"),
        ("rendering: {kustomizations: [x, overlays/production]}", 30, "`x` is no kustomization"),
        ("paths: {include: [overlay/]}", 9, "no file fits"),
        ("paths: {include: [../x]}", 19, "fits no path"),
        ("rendering: {dependencies: chart}", 13, "`chart` is part of this repository"),
        ("policies: [{path: ., checkout: policies}]", 22, "`policies` is part of this repository"),
    ],
)
def test_new_settings_that_the_next_change_could_not_use_are_an_error_at_their_line(
    gate: Gate, more: str, column: int, message: str
) -> None:
    chart = {"chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n"}
    settings = SETTINGS.replace("policies: [policies]\n", "") if "policies:" in more else SETTINGS
    judged = gate({".polgate.yaml": f"{settings}{more}\n", **chart})
    broken = judged.report.broken[0]
    assert (broken.path, broken.place) == (".polgate.yaml", Place(len(settings.splitlines()) + 1, column))
    assert message in broken.message
    assert {one.path for one in judged.report.broken} == {".polgate.yaml"}


def test_objects_of_a_file_that_cannot_be_read_any_more_are_not_judged_as_deleted(
    repository: TestRepository, gate: Gate
) -> None:
    kept = policy("kept", "false", operations="DELETE")
    repository.commit({"policies/kept.yaml": kept, "a.yaml": config_map("a", "one")})
    judged = gate({"a.yaml": config_map("a", "[one")})
    assert [broken.code for broken in judged.report.broken] == ["yaml-syntax"]
    assert told(judged) == []
