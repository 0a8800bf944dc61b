"""The Kubernetes API: JSON in, JSON out. Only this module knows the client library.

Of that library it takes what is hard: kubeconfigs, ServiceAccounts, plugins for credentials, TLS and proxies. Its
models stay unused: they would cost a hundred times the time of decoding, and lose what they do not know.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import urllib3
from kubernetes.client.configuration import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException, load_kube_config
from kubernetes.config.incluster_config import InClusterConfigLoader

from policy_engine import __version__
from policy_engine.admission.json_values import JsonObject, JsonValue
from webhook.cluster.kube_error import KubeError
from webhook.cluster.watch_stream import WatchStream

__all__ = ["ClusterClient", "KubeError", "WatchStream"]

_log = logging.getLogger("polgate.cluster")

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_USER_AGENT: Final = f"polgate/{__version__}"
_CONNECT_TIMEOUT_S: Final = 5.0
_READ_TIMEOUT_S: Final = 30.0
_LIST_READ_TIMEOUT_S: Final = 60.0  # kube-apiserver ends requests after a minute, --request-timeout
_CONNECTIONS: Final = 32  # kept open; more are made when needed
_RENEWAL_PAUSE_S: Final = 10.0  # a plugin for credentials may ask a person or another server

# A connection whose other side vanished without a word is given up after 45 seconds, as client-go does with its
# pings over HTTP/2. Source: client-go transport/cache.go, apimachinery pkg/util/net/http.go.
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


class ClusterClient:
    """Call the Kubernetes API, from any thread.

    Every call ends: with what the server sent, decoded, or with a KubeError. Credentials that the server does not
    accept are read anew once, since they are rotated. timeout_s: of connecting and of each read, by default half a
    minute.
    """

    def __init__(self, load: Callable[[], Configuration]) -> None:
        self._load = load
        self._renewal = threading.Lock()
        self._use(load())

    @classmethod
    def connect(
        cls,
        *,
        kubeconfig: str | None = None,
        kube_context: str | None = None,
        service_account: Path = SERVICE_ACCOUNT,
    ) -> ClusterClient:
        """Find the cluster: as the kubeconfig says, as a Pod in it, or as `$KUBECONFIG` or `~/.kube/config` say.

        Nothing is sent yet. Raises KubeError where no way leads to a cluster.
        """
        in_a_pod = "KUBERNETES_SERVICE_HOST" in os.environ and (service_account / "token").exists()
        if in_a_pod and kubeconfig is None and kube_context is None:
            return cls(lambda: _from_service_account(service_account))
        files = kubeconfig or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
        return cls(lambda: _from_kubeconfig(files, kube_context))

    @property
    def server(self) -> str:
        """Give the API server's URL."""
        return self._host

    def get(
        self, path: str, *, query: Mapping[str, str] | None = None, timeout_s: float = _READ_TIMEOUT_S
    ) -> JsonObject:
        """Read an object, a list or a discovery document."""
        return self._call("GET", path, query=query, timeout_s=timeout_s)

    def create(
        self,
        path: str,
        body: JsonObject,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = _READ_TIMEOUT_S,
    ) -> JsonObject:
        """Create an object in the collection at path; 409 where it exists."""
        return self._call("POST", path, query=query, body=body, timeout_s=timeout_s)

    def replace(
        self,
        path: str,
        body: JsonObject,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = _READ_TIMEOUT_S,
    ) -> JsonObject:
        """Replace an object; 409 where it is no longer the one whose resourceVersion the body has."""
        return self._call("PUT", path, query=query, body=body, timeout_s=timeout_s)

    def patch(
        self,
        path: str,
        body: JsonValue,
        *,
        content_type: str = "application/merge-patch+json",
        query: Mapping[str, str] | None = None,
        timeout_s: float = _READ_TIMEOUT_S,
    ) -> JsonObject:
        """Change parts of an object."""
        return self._call("PATCH", path, query=query, body=body, content_type=content_type, timeout_s=timeout_s)

    def delete(self, path: str, *, timeout_s: float = _READ_TIMEOUT_S) -> None:
        """Delete an object; 404 where there is none."""
        self._call("DELETE", path, timeout_s=timeout_s)

    def list_pages(
        self, path: str, *, query: Mapping[str, str] | None = None, page_size: int = 500
    ) -> Iterator[JsonObject]:
        """List a collection page by page, all of one moment. page_size: 0 for all in one.

        Raises KubeError with 410 where that moment is too long ago to go on.
        """
        asked = {**(query or {}), **({"limit": str(page_size)} if page_size else {})}
        while True:
            page = self._call("GET", path, query=asked, timeout_s=_LIST_READ_TIMEOUT_S)
            yield page
            metadata = page.get("metadata")
            rest = metadata.get("continue") if isinstance(metadata, dict) else None
            if not rest:
                return
            # Later pages are of the first one's moment; to name a version again is an error.
            asked = {**{key: value for key, value in asked.items() if key != "resourceVersion"}, "continue": rest}

    def watch(self, path: str, *, query: Mapping[str, str], read_timeout_s: float) -> WatchStream:
        """Watch a collection. read_timeout_s: silence after which the connection counts as dead."""
        asked = {**query, "watch": "true"}
        call, response = self._send("GET", path, query=asked, timeout_s=read_timeout_s, encoding="identity")
        if response.status != 200:
            self._read(call, response)
        return WatchStream(call, response)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._rest.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
        content_type: str = "application/json",
        timeout_s: float,
    ) -> JsonObject:
        sent = None if body is None else orjson.dumps(body)
        call, response = self._send(
            method, path, query=query, body=sent, content_type=content_type, timeout_s=timeout_s
        )
        return self._read(call, response)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        timeout_s: float,
        body: bytes | None = None,
        content_type: str = "application/json",
        encoding: str = "gzip",
    ) -> tuple[str, urllib3.BaseHTTPResponse]:
        call = f"{method} {path}"
        headers = {"Accept": "application/json", "Accept-Encoding": encoding, "User-Agent": _USER_AGENT}
        if body is not None:
            headers["Content-Type"] = content_type
        url = f"{path}?{urlencode(query)}" if query else path
        timeout = urllib3.Timeout(connect=min(_CONNECT_TIMEOUT_S, timeout_s), read=timeout_s)
        # The server may close a kept connection while a request is on its way. Reading twice does no harm.
        tries_left = 2 if method == "GET" else 1
        while True:
            tries_left -= 1
            try:
                return call, self._try(method, url, headers, body, timeout)
            except (urllib3.exceptions.HTTPError, OSError) as failure:
                if not tries_left or not isinstance(failure, urllib3.exceptions.ProtocolError):
                    raise KubeError.from_failure(call, failure) from failure

    def _try(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: urllib3.Timeout
    ) -> urllib3.BaseHTTPResponse:
        started_s = time.monotonic()
        response = self._request(method, url, headers, body, timeout)
        if response.status == 401 and self._renew(started_s):
            response.drain_conn()
            response.release_conn()
            response = self._request(method, url, headers, body, timeout)
        return response

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: urllib3.Timeout
    ) -> urllib3.BaseHTTPResponse:
        with self._renewal:  # a token may be read anew here, or a plugin be run for it: by one thread
            rest, allowed = self._rest, self._credentials()
        response: urllib3.BaseHTTPResponse = rest.pool_manager.request(
            method,
            self._host + url,
            body=body,
            headers={**headers, **allowed},
            timeout=timeout,
            retries=False,
            preload_content=False,
        )
        return response

    def _read(self, call: str, response: urllib3.BaseHTTPResponse) -> JsonObject:
        try:
            data = response.read(decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as failure:
            response.close()
            raise KubeError.from_failure(call, failure) from failure
        response.release_conn()
        try:
            body = orjson.loads(data)
        except ValueError:
            body = None
        if not 200 <= response.status <= 299:
            raise KubeError.from_answer(call, response.status, body, response.headers)
        if not isinstance(body, dict):
            raise KubeError(
                f"`{call}` was answered with something else than a JSON object",
                status=response.status,
                reason="InvalidAnswer",
                transient=True,
            )
        return body

    def _credentials(self) -> dict[str, str]:
        try:
            settings: Any = self._configuration.auth_settings()
        except Exception as error:  # a token's file that is just being replaced, or whatever a plugin does
            raise KubeError(f"the credentials for the API server cannot be read: {_told(error)}") from error
        return {part["key"]: part["value"] for part in settings.values() if part["value"]}

    def _renew(self, asked_s: float) -> bool:
        """Read the credentials anew, unless that was done just now. asked_s: when the refused request began."""
        with self._renewal:
            if self._loaded_s > asked_s:
                return True  # by another thread, while this one was refused
            if time.monotonic() - self._loaded_s < _RENEWAL_PAUSE_S:
                return False
            try:
                self._use(self._load())
            except KubeError as error:
                _log.warning("credentials cannot be read anew: %s", error)
                return False
            return True

    def _use(self, configuration: Configuration) -> None:
        configuration.socket_options = _socket_options()
        configuration.connection_pool_maxsize = _CONNECTIONS
        self._configuration = configuration
        self._host = str(configuration.host).rstrip("/")
        self._rest = RESTClientObject(configuration)
        self._loaded_s = time.monotonic()


def _from_service_account(folder: Path) -> Configuration:
    configuration = Configuration()
    try:
        loader = InClusterConfigLoader(str(folder / "token"), str(folder / "ca.crt"))  # type: ignore[no-untyped-call]
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise KubeError(
            f"the Pod's ServiceAccount cannot be used: {_told(error)}",
            help="leave automountServiceAccountToken on for the Pod",
        ) from error
    return configuration


def _from_kubeconfig(files: str, context: str | None) -> Configuration:
    if not any(Path(file).expanduser().exists() for file in files.split(os.pathsep) if file):
        raise KubeError(
            f"no cluster to talk to: there is no kubeconfig `{files}`, and this is no Pod with a ServiceAccount",
            help="name a kubeconfig with --kubeconfig, or run in a Pod with a ServiceAccount",
        )
    configuration = Configuration()
    try:
        load_kube_config(  # type: ignore[no-untyped-call]
            files, context, client_configuration=configuration, persist_config=False
        )
    except Exception as error:  # the library lets through whatever a broken file makes it stumble over
        raise KubeError(
            f"kubeconfig `{files}` cannot be used: {_told(error)}",
            help="try it with `kubectl --kubeconfig FILE version`",
        ) from error
    return configuration


def _told(error: Exception) -> str:
    return " ".join(str(error).split())


def _socket_options() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):  # macOS lacks one of them
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
