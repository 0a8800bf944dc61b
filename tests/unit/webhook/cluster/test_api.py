from __future__ import annotations

import ssl
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from policy_engine import __version__
from tests.unit.webhook.cluster.conftest import write_kubeconfig
from tests.unit.webhook.cluster.fake_api import FakeApi, JsonObject, eventually
from webhook.cluster import api as client_module
from webhook.cluster.api import ClusterClient, KubeError

PATH = "/api/v1/configmaps"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a key and a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "api.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_api(certificate: Path) -> Iterator[FakeApi]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake = FakeApi(tls=context)
    yield fake
    fake.close()


@pytest.fixture
def pod(tls_api: FakeApi, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a Pod's ServiceAccount."""
    (tmp_path / "token").write_text("first")
    (tmp_path / "ca.crt").write_bytes(certificate.read_bytes())
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(tls_api.port))
    return tmp_path


@pytest.fixture
def pod_client(pod: Path) -> Iterator[ClusterClient]:
    connected = ClusterClient.connect(service_account=pod)
    yield connected
    connected.close()


def test_an_object_comes_as_the_json_it_is(api: FakeApi, client: ClusterClient) -> None:
    api.documents["/api/v1/namespaces/x"] = {"kind": "Namespace", "unknownField": {"a": 1}}
    assert client.get("/api/v1/namespaces/x") == {"kind": "Namespace", "unknownField": {"a": 1}}


def test_a_refusal_is_told_with_the_server_s_words(client: ClusterClient) -> None:
    with pytest.raises(KubeError) as raised:
        client.get("/api/v1/namespaces/x")
    assert raised.value.message == "`GET /api/v1/namespaces/x` was answered 404: no reason given"
    assert (raised.value.status, raised.value.transient) == (404, False)


def test_a_missing_right_names_the_page_that_lists_them(api: FakeApi, client: ClusterClient) -> None:
    api.fail(403)
    with pytest.raises(KubeError) as raised:
        client.get(PATH)
    assert "docs/reference/cluster-access.md" in raised.value.help


def test_a_server_that_is_busy_says_for_how_long(api: FakeApi, client: ClusterClient) -> None:
    api.fail(429, headers={"Retry-After": "7"})
    with pytest.raises(KubeError) as raised:
        client.get(PATH)
    assert (raised.value.transient, raised.value.retry_after_s) == (True, 7.0)


def test_no_server_is_no_answer(tmp_path: Path) -> None:
    client = ClusterClient.connect(kubeconfig=write_kubeconfig(tmp_path, "http://127.0.0.1:1"))
    with pytest.raises(KubeError) as raised:
        client.get(PATH)
    assert raised.value.message == f"`GET {PATH}` got no answer: connection refused"
    assert (raised.value.status, raised.value.transient) == (0, True)


def test_a_kept_connection_that_was_closed_is_made_anew(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    client.get(PATH)
    api.fail(0)
    assert client.get(PATH)["kind"] == "ConfigMapList"


def test_a_change_is_never_sent_twice(api: FakeApi, client: ClusterClient) -> None:
    api.fail(0)
    with pytest.raises(KubeError):
        client.create(PATH, {"metadata": {"name": "a"}})
    assert api.count("POST") == 1


def test_an_answer_that_is_no_json_is_an_error(api: FakeApi, client: ClusterClient) -> None:
    api.documents["/api"] = "<html>"  # type: ignore[assignment]
    with pytest.raises(KubeError, match="something else than a JSON object"):
        client.get("/api")


@pytest.mark.parametrize("method", ["create", "replace", "patch"])
def test_what_is_written_comes_back(api: FakeApi, client: ClusterClient, method: str) -> None:
    assert getattr(client, method)(PATH, {"a": 1}) == {"a": 1}


def test_an_empty_body_is_sent_as_such(client: ClusterClient) -> None:
    assert client.create(PATH, {}) == {}


def test_a_conflict_can_be_told_from_other_errors(api: FakeApi, client: ClusterClient) -> None:
    api.fail(409)
    with pytest.raises(KubeError) as raised:
        client.replace(PATH, {})
    assert raised.value.status == 409


def test_deleting_gives_nothing(api: FakeApi, client: ClusterClient) -> None:
    client.delete(f"{PATH}/a")
    assert api.count(f"DELETE {PATH}/a") == 1


def test_large_objects_are_watched_whole(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "large", data={"text": "x\\n\u2028" * 300_000})
    with client.watch(PATH, query={"resourceVersion": "1"}, read_timeout_s=20) as stream:
        kind, found = next(iter(stream))
    assert (kind, len(found["data"]["text"])) == ("ADDED", 1_200_000)


def test_a_watch_that_is_refused_is_an_error(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    api.compact()
    with pytest.raises(KubeError) as raised:
        client.watch(PATH, query={"resourceVersion": "1"}, read_timeout_s=20)
    assert raised.value.status == 410


def test_a_watch_that_breaks_is_told_in_words(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    stream = client.watch(PATH, query={"resourceVersion": "1"}, read_timeout_s=20)
    api.wait_until_watched(PATH)
    api.end_watches(PATH, "half")
    with stream, pytest.raises(KubeError, match="the connection broke in the middle of an answer"):
        list(stream)


def test_silence_for_too_long_ends_a_watch(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    stream = client.watch(PATH, query={"resourceVersion": "1"}, read_timeout_s=0.05)
    with stream, pytest.raises(KubeError, match="timed out"):
        list(stream)


def _read_in_a_thread(client: ClusterClient) -> tuple[threading.Thread, list[object]]:
    stream = client.watch(PATH, query={"resourceVersion": "1"}, read_timeout_s=60)
    seen: list[object] = [stream]

    def read() -> None:
        with stream:
            seen.extend(stream)

    thread = threading.Thread(target=read)
    thread.start()
    return thread, seen


def test_closing_wakes_a_reader_in_another_thread(api: FakeApi, client: ClusterClient) -> None:
    api.serve(PATH, "ConfigMap")
    thread, seen = _read_in_a_thread(client)
    api.put(PATH, "a")
    eventually(lambda: len(seen) == 2)
    seen[0].close()  # type: ignore[attr-defined]
    thread.join(20)
    assert not thread.is_alive()


def test_closing_wakes_a_reader_behind_tls(tls_api: FakeApi, pod_client: ClusterClient) -> None:
    tls_api.serve(PATH, "ConfigMap")
    thread, seen = _read_in_a_thread(pod_client)
    tls_api.put(PATH, "a")
    eventually(lambda: len(seen) == 2)
    seen[0].close()  # type: ignore[attr-defined]
    thread.join(20)
    assert not thread.is_alive()


def test_a_pod_is_known_by_its_service_account(tls_api: FakeApi, pod_client: ClusterClient) -> None:
    tls_api.tokens = {"first"}
    tls_api.serve(PATH, "ConfigMap")
    assert pod_client.get(PATH)["kind"] == "ConfigMapList"


def test_a_token_that_was_rotated_is_read_anew(
    tls_api: FakeApi, pod_client: ClusterClient, pod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_RENEWAL_PAUSE_S", 0.0)
    tls_api.tokens = {"second"}
    tls_api.serve(PATH, "ConfigMap")
    (pod / "token").write_text("second")
    assert pod_client.get(PATH)["kind"] == "ConfigMapList"


def test_credentials_that_stay_wrong_are_an_error(
    tls_api: FakeApi, pod_client: ClusterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_RENEWAL_PAUSE_S", 0.0)
    tls_api.tokens = {"second"}
    with pytest.raises(KubeError) as raised:
        pod_client.get(PATH)
    assert raised.value.status == 401
    assert tls_api.count(PATH) == 2


def test_credentials_are_not_read_anew_all_the_time(tls_api: FakeApi, pod_client: ClusterClient) -> None:
    tls_api.tokens = {"second"}
    with pytest.raises(KubeError):
        pod_client.get(PATH)
    assert tls_api.count(PATH) == 1


def test_a_server_with_another_authority_is_not_talked_to(tls_api: FakeApi, tmp_path: Path) -> None:
    client = ClusterClient.connect(kubeconfig=write_kubeconfig(tmp_path, tls_api.url))
    with pytest.raises(KubeError, match="certificate verify failed"):
        client.get(PATH)


def test_an_empty_token_is_told_when_connecting(pod: Path) -> None:
    (pod / "token").write_text("")
    with pytest.raises(KubeError, match="the Pod's ServiceAccount cannot be used: Token file exists but empty"):
        ClusterClient.connect(service_account=pod)


def test_a_kubeconfig_s_plugin_gives_the_token(api: FakeApi, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        textwrap.dedent(
            """
            import json
            print(json.dumps({
                "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                "status": {"token": "of-the-plugin"},
            }))
            """
        )
    )
    api.tokens = {"of-the-plugin"}
    api.serve(PATH, "ConfigMap")
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(plugin)]}
    client = ClusterClient.connect(kubeconfig=write_kubeconfig(tmp_path, api.url, exec=run))
    assert client.get(PATH)["kind"] == "ConfigMapList"
    client.close()


def test_the_context_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(KubeError, match="Expected object with name other"):
        ClusterClient.connect(kubeconfig=write_kubeconfig(tmp_path, "http://127.0.0.1:1"), kube_context="other")


def test_no_way_to_a_cluster_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(KubeError) as raised:
        ClusterClient.connect()
    assert raised.value.message.startswith("no cluster to talk to: there is no kubeconfig")
    assert "--kubeconfig" in raised.value.help


def test_a_kubeconfig_that_is_none_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("- a list")
    with pytest.raises(KubeError, match="cannot be used"):
        ClusterClient.connect(kubeconfig=str(tmp_path / "kubeconfig"))


def test_the_server_hears_who_calls(api: FakeApi, client: ClusterClient) -> None:
    heard: list[JsonObject] = []

    def take(path: str, body: JsonObject) -> tuple[int, JsonObject]:
        heard.append(body)
        return 201, body

    api.post = take
    client.create(PATH, {"metadata": {}})
    assert heard == [{"metadata": {}}]
    assert api.agents == {f"polgate/{__version__}"}
