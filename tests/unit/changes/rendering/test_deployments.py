from __future__ import annotations

import json

import pytest

from policy_engine.changes.rendering import Unit
from policy_engine.changes.rendering.units import Parameter
from policy_engine.changes.settings.model import Chart, Rendering
from policy_engine.sources.values import JsonObject
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, Files, data_of, only_unit, rendered, surveyed

TEMPLATE = CONFIG_MAP.replace(
    "info", "{{ .Values.level }} {{ .Release.Name }} {{ .Release.Namespace }} {{ .Values.count }}"
)
WEB = {
    "deploy/web/Chart.yaml": CHART,
    "deploy/web/values.yaml": "level: info\ncount: 1\n",
    "deploy/web/values-prod.yaml": "level: warn\n",
    "deploy/web/templates/a.yaml": TEMPLATE,
}


def application(helm: JsonObject, *, path: str = "deploy/web", **more: object) -> dict[str, str]:
    value = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop"},
        "spec": {
            "source": {"repoURL": "https://git.example/x", "path": path, "helm": helm, **more},
            "destination": {"namespace": "shop-prod"},
        },
    }
    return {**WEB, "apps/shop.yaml": json.dumps(value, indent=1)}


def release(chart: JsonObject | None = None, **spec: object) -> Files:
    source = {"kind": "GitRepository", "name": "here"}
    value = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "shop", "namespace": "flux"},
        "spec": {"chart": {"spec": {"chart": "./deploy/web", "sourceRef": source, **(chart or {})}}, **spec},
    }
    return {**WEB, "apps/shop.yaml": json.dumps(value, indent=1)}


def deployed(files: Files) -> Unit:
    (unit,) = [one for one in surveyed(files).units if one.variant.startswith(("Application", "HelmRelease"))]
    return unit


def test_an_application_says_how_a_chart_is_rendered() -> None:
    unit = deployed(application({"valueFiles": ["values-prod.yaml"]}))
    assert unit.title == "chart deploy/web as the Application shop deploys it"
    assert (unit.namespace, unit.release, unit.values) == ("shop-prod", "shop", ("deploy/web/values-prod.yaml",))
    assert unit.reads("apps/shop.yaml")


def test_a_chart_that_is_deployed_is_not_rendered_with_its_defaults_as_well() -> None:
    assert [one.variant for one in surveyed(application({})).units] == [
        "Application shop in apps/shop.yaml",
        "values-prod.yaml",
    ]


def test_values_files_that_a_deployment_uses_are_not_rendered_twice() -> None:
    only_unit(application({"valueFiles": ["values-prod.yaml"]}))


def test_settings_win_over_deployments() -> None:
    settings = Rendering(charts=(Chart(path="deploy/web", values=(("deploy/web/values-prod.yaml",),)),))
    assert only_unit(application({}), settings).variant == "values-prod.yaml"


@pytest.mark.parametrize("name", ["values", "valuesObject"])
def test_values_and_parameters_of_an_application_are_put_over_its_files(name: str) -> None:
    values: JsonObject = {"level": "debug"}
    helm: JsonObject = {
        "releaseName": "front",
        "valueFiles": ["/deploy/web/values-prod.yaml"],
        name: values if name == "valuesObject" else "level: debug\n",
        "parameters": [{"name": "count", "value": "1,2", "forceString": True}],
    }
    made = rendered(application(helm), variant="Application shop in apps/shop.yaml")
    assert data_of(made) == {"level": "debug front shop-prod 1,2"}


@pytest.mark.parametrize("name", ["https://example.com/values.yaml", "../../../values.yaml", "/deploy"])
def test_only_values_files_that_are_not_there_may_be_missing(name: str) -> None:
    helm: JsonObject = {"valueFiles": ["gone.yaml", name], "ignoreMissingValueFiles": True}
    (fault,) = deployed(application(helm)).broken
    assert fault.message == f"the values file `{name}` is not in this repository"


def test_a_part_of_a_chart_that_is_deployed_by_itself_is_rendered_by_itself() -> None:
    sub = {"deploy/web/charts/db/Chart.yaml": CHART.replace("name: web", "name: db")}
    files = {**application({}, path="deploy/web/charts/db"), **sub}
    assert [unit.title for unit in surveyed(files).units if unit.path.endswith("db")] == [
        "chart deploy/web/charts/db as the Application shop deploys it"
    ]


def test_a_list_in_braces_stays_a_list() -> None:
    helm: JsonObject = {"parameters": [{"name": "a", "value": "{1,2}"}]}
    unit = deployed(application(helm))
    assert unit.chart is not None
    assert unit.chart.parameters == (Parameter(text="a={1,2}"),)


def test_commas_in_parameters_stay_in_their_values() -> None:
    helm: JsonObject = {"parameters": [{"name": "a", "value": r"x,y\,z"}]}
    assert deployed(application(helm)).chart is not None
    unit = deployed(application(helm))
    assert unit.chart is not None
    assert unit.chart.parameters == (Parameter(text=r"a=x\,y\,z"),)


@pytest.mark.parametrize(
    ("helm", "message"),
    [
        ({"fileParameters": [{"name": "a", "path": "b"}]}, "`fileParameters` is not rendered"),
        ({"kubeVersion": "1.20"}, "`kubeVersion` is not rendered"),
        ({"valueFiles": ["gone.yaml"]}, "the values file `gone.yaml` is not in this repository"),
        ({"valueFiles": ["../../../x.yaml"]}, "the values file `../../../x.yaml` is not in this repository"),
        ({"valueFiles": ["https://x/y.yaml"]}, "the values file `https://x/y.yaml` is not in this repository"),
        ({"values": "a: b: c"}, "these values are no YAML mapping"),
        (
            {"parameters": [{"name": "a", "value": "$ARGOCD_APP_NAME"}]},
            "parameters of lists, and those with Argo CD's variables, are not rendered",
        ),
    ],
)
def test_what_cannot_be_done_as_argo_cd_does_it_is_an_error_at_its_line(helm: JsonObject, message: str) -> None:
    (fault,) = deployed(application(helm)).broken
    assert (fault.path, fault.code, fault.message) == ("apps/shop.yaml", "rendering-refused", message)
    assert fault.place is not None
    assert fault.place.line > 10


def test_values_files_that_may_be_missing_are_left_out() -> None:
    helm: JsonObject = {"valueFiles": ["gone.yaml"], "ignoreMissingValueFiles": True}
    assert deployed(application(helm)).broken == ()


def test_values_of_another_source_are_found_from_the_root() -> None:
    unit = deployed(application({"valueFiles": ["$values/deploy/web/values-prod.yaml"]}))
    assert unit.values == ("deploy/web/values-prod.yaml",)


@pytest.mark.parametrize("more", [{"plugin": {}}, {"chart": "web"}, {"path": "elsewhere"}])
def test_applications_of_something_else_say_nothing(more: JsonObject) -> None:
    path = str(more.pop("path", "deploy/web"))
    assert [unit.variant for unit in surveyed(application({}, path=path, **more)).units] == [
        "",
        "values-prod.yaml",
    ]


def test_an_application_gives_a_kustomization_its_namespace() -> None:
    files = {**application({}, path="k"), "k/kustomization.yaml": "namePrefix: a-"}
    (unit,) = [one for one in surveyed(files).units if one.path == "k"]
    assert (unit.namespace, unit.broken) == ("shop-prod", ())


def test_what_an_application_changes_in_a_kustomization_is_an_error() -> None:
    files = {**application({}, path="k", kustomize={"images": ["a:b"]}), "k/kustomization.yaml": "namePrefix: a-"}
    (unit,) = [one for one in surveyed(files).units if one.path == "k"]
    assert [fault.message for fault in unit.broken] == ["`images` is not rendered"]


def test_deployments_of_one_name_are_all_rendered() -> None:
    here = application({"releaseName": "here"})
    there = application({"releaseName": "there"})["apps/shop.yaml"]
    files = {**here, "apps/all.yaml": f"{there}\n---\n{there}"}
    found = [(one.variant, one.release) for one in surveyed(files).units if one.variant.startswith("Application")]
    assert found == [
        ("Application shop in apps/all.yaml", "there"),
        ("Application shop in apps/all.yaml #2", "there"),
        ("Application shop in apps/shop.yaml", "here"),
    ]


def test_a_kustomization_that_is_deployed_to_several_namespaces_is_judged_in_each() -> None:
    shop = application({}, path="k")
    other = shop["apps/shop.yaml"].replace("shop-prod", "shop-dev")
    files = {**shop, "apps/other.yaml": other, "k/kustomization.yaml": "namePrefix: a-"}
    found = [(one.variant, one.namespace) for one in surveyed(files).units if one.path == "k"]
    assert found == [("in shop-dev", "shop-dev"), ("in shop-prod", "shop-prod")]


def test_kustomizations_that_settings_name_are_rendered_as_they_are() -> None:
    files = {**application({}, path="k", kustomize={"images": ["a:b"]}), "k/kustomization.yaml": "namePrefix: a-"}
    (unit,) = [one for one in surveyed(files, Rendering(kustomizations=("k",))).units if one.path == "k"]
    assert unit.broken == ()


def test_a_helm_release_says_how_a_chart_is_rendered() -> None:
    unit = deployed(release(values={"level": "debug"}))
    assert unit.title == "chart deploy/web as the HelmRelease flux/shop deploys it"
    assert (unit.namespace, unit.release) == ("flux", "shop")


def test_a_helm_release_names_its_release_after_the_target_namespace() -> None:
    made = rendered(
        release(targetNamespace="prod", values={"level": "debug"}),
        variant="HelmRelease flux/shop in apps/shop.yaml",
    )
    assert data_of(made) == {"level": "debug prod-shop prod 1"}


def test_values_files_of_a_helm_release_stand_in_for_the_charts_own() -> None:
    files = release({"valuesFiles": ["./deploy/web/values-prod.yaml"]})
    made = rendered(files, variant="HelmRelease flux/shop in apps/shop.yaml")
    assert data_of(made) == {"level": "warn shop flux"}


@pytest.mark.parametrize("name", ["valuesFrom", "postRenderers"])
def test_what_cannot_be_done_as_flux_does_it_is_an_error(name: str) -> None:
    (fault,) = deployed(release({}, **{name: [{"kind": "ConfigMap"}]})).broken
    assert (fault.path, fault.message) == ("apps/shop.yaml", f"`{name}` is not rendered")


def test_a_long_release_name_is_shortened_as_flux_does() -> None:
    unit = deployed(release(targetNamespace="n" * 50))
    assert len(unit.release) == 53
    assert unit.release.startswith("n" * 40 + "-")


def test_a_change_of_the_manifest_that_deploys_a_chart_reaches_it() -> None:
    assert deployed(application({})) != deployed(application({"releaseName": "other"}))


def flux_kustomization(path: str, **spec: object) -> Files:
    value = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": path, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, **spec},
    }
    return {"clusters/prod.yaml": json.dumps(value)}


def test_a_base_that_flux_deploys_is_rendered_by_itself_too() -> None:
    kustomizations = {"k/kustomization.yaml": "namePrefix: a-", "prod/kustomization.yaml": "resources: [../k]"}
    assert {unit.path for unit in surveyed(kustomizations).units} == {"prod"}
    assert {unit.path for unit in surveyed({**kustomizations, **flux_kustomization("./k")}).units} == {"k", "prod"}


def test_a_flux_kustomization_gives_a_kustomization_its_namespace() -> None:
    files = {**flux_kustomization("./k", targetNamespace="shop"), "k/kustomization.yaml": "namePrefix: a-"}
    assert [(unit.path, unit.namespace) for unit in surveyed(files).units] == [("k", "shop")]


def test_a_flux_kustomization_of_plain_manifests_makes_nothing_a_part() -> None:
    found = surveyed({**flux_kustomization("./k"), "k/a.yaml": CONFIG_MAP})
    assert found.units == ()
    assert not found.is_part("k/a.yaml")
