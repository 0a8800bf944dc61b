"""What the chart makes of values: objects that API servers take, and that our own policies admit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml

from policy_engine import __version__
from policy_engine.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "polgate"
VALUES = {path.stem: path for path in sorted((Path(__file__).parent / "values").glob("*.yaml"))}

# Their schemas are not Kubernetes' but those of cert-manager and of the Prometheus operator, whose definitions are
# not among our dependencies. What the chart writes of them is laid down in tests.
OF_OTHERS = {"Certificate", "Issuer", "ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("values", VALUES.values(), ids=lambda path: path.stem)
def test_lint_has_nothing_to_say_but_that_there_is_no_icon(values: Path) -> None:
    found = helm_python.lint(CHART, yaml.safe_load(values.read_text()), strict=True, kube_version="v1.28.0")
    assert [message["error"] for message in found["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
def test_objects_are_valid_and_have_no_unknown_fields(objects: Any, version: str) -> None:
    for (kind, _), one in objects.items():
        if kind not in OF_OTHERS:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("values", VALUES)
def test_our_own_pod_security_policies_admit_the_objects(
    chart: helm_python.Chart, render: Any, values: str, tmp_path: Path
) -> None:
    texts = chart.render(yaml.safe_load(VALUES[values].read_text()), name="polgate", namespace="gate")
    manifests = tmp_path / "rendered.yaml"
    # As it was written: a key that is there twice would be found here too.
    manifests.write_text("\n---\n".join(text for path, text in texts.items() if path.endswith(".yaml")))
    report = tmp_path / "report.txt"
    policies = str(ROOT / "policies" / "pod-security")
    code = main(["check", str(manifests), "--policies", policies, "--output-file", str(report), "--jobs", "1"])
    assert code == 0, report.read_text()
    judged = re.search(r"(\d+) objects in 1 file judged by 19 policies: 0 denied, 0 warned", report.read_text())
    assert judged is not None
    assert int(judged[1]) == len(render(values))


def test_the_chart_installs_this_version() -> None:
    described = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert described["appVersion"] == __version__


def test_without_a_place_for_the_image_it_says_what_to_set(chart: helm_python.Chart) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=r"image\.repository: say where the image is"):
        chart.render({}, name="polgate", namespace="gate")


def test_without_anything_to_judge_by_it_says_what_to_set(render: Any) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=r"nothing to judge by: set policies\.files"):
        render(more={"cluster": {"enabled": False}})


def test_a_digest_counts_instead_of_the_tag(render: Any) -> None:
    image = container(render("everything"))["image"]
    assert image == f"registry.example:5000/platform/polgate@sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize("name", ["1st.team", "polgate", "my-polgate", "a", "x" * 53, "2" + "-x" * 26])
@pytest.mark.parametrize("namespace", ["default", "kube-system", "0-numbers", "n" * 63])
def test_any_release_in_any_namespace_has_names_that_kubernetes_takes(
    render: Any, name: str, namespace: str
) -> None:
    objects = render("everything", {"fullnameOverride": "", "nameOverride": ""}, name=name, namespace=namespace)
    (service,) = [found for kind, found in objects if kind == "Service"]
    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", service)
    for (_, found), one in objects.items():
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", found)
        assert all(len(value) <= 63 for value in one["metadata"]["labels"].values())
        assert one["metadata"].get("namespace", namespace) == namespace


def test_a_service_a_budget_and_spreading_select_the_pods_and_not_the_test(render: Any) -> None:
    objects = render()
    pods = objects["Deployment", "polgate"]["spec"]["template"]["metadata"]["labels"].items()
    test = objects["Pod", "polgate-test"]["metadata"]["labels"].items()
    spec = objects["Deployment", "polgate"]["spec"]["template"]["spec"]
    selectors = [
        objects["Service", "polgate"]["spec"]["selector"],
        objects["PodDisruptionBudget", "polgate"]["spec"]["selector"]["matchLabels"],
        objects["Deployment", "polgate"]["spec"]["selector"]["matchLabels"],
        *(constraint["labelSelector"]["matchLabels"] for constraint in spec["topologySpreadConstraints"]),
    ]
    assert all(selector.items() <= pods for selector in selectors)
    assert not any(selector.items() <= test for selector in selectors)


def test_an_update_takes_no_pod_away_before_another_is_ready(render: Any) -> None:
    assert render()["Deployment", "polgate"]["spec"]["strategy"]["rollingUpdate"] == {
        "maxSurge": 1,
        "maxUnavailable": 0,
    }


def test_on_the_network_of_the_nodes_an_update_needs_no_second_port(render: Any) -> None:
    spec = render(more={"hostNetwork": True})["Deployment", "polgate"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert spec["template"]["spec"]["dnsPolicy"] == "ClusterFirstWithHostNet"


def test_a_pod_is_given_the_time_that_the_server_takes_to_stop(render: Any) -> None:
    from webhook.server import _LAST_ANSWERS_S

    pod = render(more={"server": {"shutdownGraceSeconds": 7}})["Deployment", "polgate"]["spec"]["template"]["spec"]
    assert "--shutdown-grace=7s" in pod["containers"][0]["args"]
    assert pod["terminationGracePeriodSeconds"] > 7 + _LAST_ANSWERS_S


def test_one_replica_has_no_budget_that_would_block_its_node(render: Any) -> None:
    assert not [name for kind, name in render(more={"replicas": 1}) if kind == "PodDisruptionBudget"]


@pytest.mark.parametrize(("namespace", "there"), [("gate", True), ("kube-system", False)])
def test_the_quota_for_a_system_priority_never_limits_kube_system(
    render: Any, namespace: str, there: bool
) -> None:
    objects = render(namespace=namespace)
    assert (("ResourceQuota", "polgate") in objects) is there


def test_nothing_reaches_the_api_server_where_nothing_needs_it(render: Any) -> None:
    objects = render("minimal")
    assert objects["Deployment", "polgate"]["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert {kind for kind, _ in objects} == {"Deployment", "Pod", "Service", "ServiceAccount"}


def test_an_upgrade_has_nothing_to_say_about_what_servers_write(render: Any) -> None:
    for values in ("default", "everything", "cert-manager"):
        for (kind, _), one in render(values).items():
            if kind == "ValidatingWebhookConfiguration":
                assert "webhooks" not in one
            if kind == "Secret":
                assert not {"data", "stringData"} & one.keys()


def test_files_reach_the_pod_as_they_were_given(render: Any) -> None:
    objects = render("everything")
    text = objects["ConfigMap", "the-gate-policies"]["data"]["replicas.yaml"]
    assert "'{{ at most }} 5 \\\"replicas\\\", not '" in text
    assert "--policies=/etc/polgate/policies" in container(objects)["args"]
    mounts = {mount["mountPath"] for mount in container(objects)["volumeMounts"]}
    assert {"/etc/polgate/policies", "/etc/polgate/configmaps/team-a", "/etc/polgate/configmaps/team.b"} <= mounts


def test_whatever_is_mounted_is_there_to_be_mounted(objects: Any) -> None:
    for (kind, _), one in objects.items():
        if kind == "Deployment":
            pod = one["spec"]["template"]["spec"]
            mounts = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
            assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_cert_manager_certifies_the_name_that_api_servers_call(render: Any) -> None:
    objects = render("cert-manager")
    spec = objects["Certificate", "polgate-tls"]["spec"]
    assert spec["dnsNames"][0] == "polgate.gate.svc"
    assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": "Issuer", "name": "polgate-ca"}
    assert objects["Issuer", "polgate-ca"]["spec"] == {"ca": {"secretName": "polgate-ca"}}
    volumes = objects["Deployment", "polgate"]["spec"]["template"]["spec"]["volumes"]
    assert {"secretName": spec["secretName"], "defaultMode": 0o440} in [volume.get("secret") for volume in volumes]


def test_one_of_polgate_and_cainjector_writes_the_ca_bundle(render: Any) -> None:
    ours, theirs = render("cert-manager"), render("cainjector")
    annotation = "cert-manager.io/inject-ca-from"
    assert "--tls-ca=/etc/polgate/tls/ca.crt" in container(ours)["args"]
    assert "annotations" not in ours["ValidatingWebhookConfiguration", "polgate"]["metadata"]
    assert not [argument for argument in container(theirs)["args"] if "--tls-ca" in argument]
    assert theirs["ValidatingWebhookConfiguration", "polgate"]["metadata"]["annotations"] == {
        annotation: "gate/polgate-tls",
        "example.com/owner": "platform",
    }


def test_prometheus_reads_the_port_without_tls(render: Any) -> None:
    objects = render("everything")
    monitor = objects["ServiceMonitor", "the-gate"]["spec"]
    service = objects["Service", "the-gate"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {port["name"]: port["port"] for port in service["spec"]["ports"]} == {"https": 8443, "admin": 9090}
    assert [endpoint["port"] for endpoint in monitor["endpoints"]] == ["admin"]


def test_the_notes_have_the_way_out_that_needs_no_polgate(chart: helm_python.Chart) -> None:
    texts = chart.render({"image": {"repository": "polgate"}}, name="team-a", namespace="gate")
    notes = texts["polgate/templates/NOTES.txt"]
    assert "kubectl patch validatingwebhookconfiguration team-a-polgate --type=merge" in notes


def container(objects: Any) -> Any:
    """Give the server's container."""
    (deployment,) = [one for (kind, _), one in objects.items() if kind == "Deployment"]
    return deployment["spec"]["template"]["spec"]["containers"][0]
