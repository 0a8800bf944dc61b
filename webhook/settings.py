"""How the server is set up: everything that its command line says."""

from __future__ import annotations

from policy_engine.records import record

# The API server takes requests of 3 MiB (apiserver pkg/server/config.go, MaxRequestBodyBytes), and a review holds
# an object twice. Some leave it to etcd's limit, which people raise: there is room for twice as much.
DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024


@record(kw_only=True)
class TlsFiles:
    """A certificate and its key from files.

    ca: what signed it, where the webhook's configuration shall hold that.
    """

    certificate: str
    key: str
    ca: str | None = None


@record(kw_only=True)
class TlsSecret:
    """A certificate that the server makes itself and keeps in a Secret, which all replicas share."""

    namespace: str
    name: str
    dns_names: tuple[str, ...]
    lifetime_s: float
    ca_lifetime_s: float


@record(kw_only=True)
class ApiAccess:
    """How the API server is reached. kubeconfig: None for the usual places."""

    kubeconfig: str | None = None
    kube_context: str | None = None


@record(kw_only=True)
class Registration:
    """The ValidatingWebhookConfiguration to keep, and the address at which the API server reaches this server.

    service: (namespace, name, port); one of service and url is given. judges_control_plane: asks about kube-system
    too.
    """

    configuration: str
    service: tuple[str, str, int] | None = None
    url: str | None = None
    excluded_namespaces: tuple[str, ...] = ()
    judges_control_plane: bool = False
    timeout_s: int = 5
    ca_bundle: str | None = None
    create: bool = False


@record(kw_only=True)
class Settings:
    """Everything. Pickled to reach the workers, so it holds plain values only.

    api: None where nothing needs the API server. bindings_selector: labels of the bindings in the cluster that are
    for us; None where policies come from files alone.
    """

    policies: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int | None = None
    tls: TlsFiles | TlsSecret | None = None
    api: ApiAccess | None = None
    bindings_selector: str | None = None
    registration: Registration | None = None
    workers: int = 1
    kube_version: str = ""
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    log_level: str = "info"
    log_as_json: bool = True
    shutdown_grace_s: float = 0.0
