"""The server's own certificates, kept in a Secret that all replicas share."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from policy_engine.admission.json_values import JsonObject
from webhook.certificates.bundles import fingerprint, to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Authority, Lifetimes
from webhook.certificates.keyring import FIELDS, Earlier, Keyring
from webhook.certificates.pairs import Pair
from webhook.certificates.rotation import advance
from webhook.certificates.source import Clock, Listeners, utc_now
from webhook.cluster.kube_error import KubeError
from webhook.cluster.paths import resource_path
from webhook.loops import Loop

_log = logging.getLogger("polgate.certificates")

_INTERVAL_S = 5.0
_AGAIN_S = 0.1  # after another replica was quicker
_HOLD = timedelta(seconds=5)  # from the webhook configuration's change until every API server goes by it


class SecretApi(Protocol):
    """What is needed of the Kubernetes API. Failures are KubeErrors."""

    def get(self, path: str) -> JsonObject:
        """Read an object; 404 where there is none."""

    def create(self, path: str, body: JsonObject) -> JsonObject:
        """Create an object; 409 where there is one."""

    def replace(self, path: str, body: JsonObject) -> JsonObject:
        """Replace an object; 409 where it was changed since it was read."""


class SecretCertificates:
    """Make certificates, renew them in time, and share them with the other replicas through a Secret.

    Whichever replica sees first that something is due writes it; the others read what it wrote. A Secret that is
    empty or absent is filled, a damaged one is made anew; one that holds something else is left alone. Without the
    API server, what is in use stays in use.

    names: DNS names and IP addresses of the server. is_known: tells whether API servers are told to trust a
    certificate (PEM); it decides when a new authority begins to sign, and when its certificates are shown.
    """

    def __init__(
        self,
        api: SecretApi,
        namespace: str,
        name: str,
        *,
        names: Sequence[str],
        lifetimes: Lifetimes | None = None,
        is_known: Callable[[bytes], bool] = lambda pem: True,
        clock: Clock = utc_now,
    ) -> None:
        self._api = api
        self._collection = resource_path("", "v1", "secrets", namespace=namespace)
        self._path = resource_path("", "v1", "secrets", namespace=namespace, name=name)
        self._namespace, self._name = namespace, name
        self._names = tuple(names)
        self._lifetimes = lifetimes or Lifetimes()
        self._is_known = is_known
        self._clock = clock
        self._listeners = Listeners()
        self._loop = Loop("certificate-secret", self.step)
        self._keyring: Keyring | None = None
        self._pair: Pair | None = None
        self._signer: Authority | None = None  # of the pair in use
        self._known_since: datetime | None = None  # when the next pair's authority was first seen to be known

    @property
    def pair(self) -> Pair | None:
        """Give the certificate and key to serve with now."""
        return self._pair

    @property
    def ca_bundle(self) -> bytes | None:
        """Give the authorities that API servers have to trust now, None before the first look at the Secret."""
        keyring = self._keyring
        return None if keyring is None else keyring.bundle

    @property
    def keeps_ca_bundle(self) -> bool:
        """Tell that nobody else could know what to trust."""
        return True

    def expiries(self) -> Mapping[str, datetime]:
        """Tell when the certificate in use and the authority that signs expire."""
        pair, keyring = self._pair, self._keyring
        found = {} if pair is None else {"serving": pair.not_after}
        return found if keyring is None else {**found, "ca": keyring.signer.not_after}

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change."""
        self._listeners.add(listener)

    def start(self) -> None:
        """Begin to keep the Secret. There is a pair as soon as the API server answered."""
        self._loop.start()

    def stop(self) -> None:
        """End keeping the Secret."""
        self._loop.stop()

    def wake(self) -> None:
        """Look now, for instance because the webhook configuration changed."""
        self._loop.wake()

    def step(self) -> float:
        """Look at the Secret, do what is due, and give the seconds until the next look; the loop calls it."""
        now = self._clock()
        secret = self._read()
        keyring, damage = self._keyring_of(secret, now)
        due = advance(
            keyring,
            now=now,
            names=self._names,
            lifetimes=self._lifetimes,
            is_known=self._is_known,
            in_use=self._in_use(now),
        )
        if due.steps or damage:
            try:
                self._write(secret, due.keyring)
            except KubeError as error:
                if error.status == 409:
                    return _AGAIN_S
                raise
            self._log_steps(damage, due.steps, due.keyring)
        self._take(due.keyring, now)
        return min(_INTERVAL_S, self._lifetimes.certificate.total_seconds() / 10)

    def _read(self) -> JsonObject | None:
        try:
            secret = self._api.get(self._path)
        except KubeError as error:
            if error.status == 404:
                return None
            raise
        held = secret.get("data") or {}
        kind = secret.get("type") or "Opaque"
        if kind != "Opaque" or (held and not FIELDS & held.keys()):
            raise CertificateError(
                f"Secret `{self._namespace}/{self._name}` holds something else than polgate's own certificates",
                help="name another one with --tls-secret, or mount it and use --tls-cert and --tls-key",
            )
        return secret

    def _keyring_of(self, secret: JsonObject | None, now: datetime) -> tuple[Keyring | None, tuple[str, ...]]:
        """Read the keyring, and say what of it was damaged. An empty Secret is as good as none."""
        data = _decoded(secret)
        if not any(data.values()):
            return None, ()
        try:
            return Keyring.of_data(data, now=now)
        except CertificateError as error:
            return None, (error.message,)

    def _in_use(self, now: datetime) -> Earlier | None:
        """Give the authority of the certificate shown now, with the time that replicas need to show another."""
        if self._signer is None or self._pair is None or self._pair.not_after <= now:
            return None
        until = min(self._pair.not_after, now + 2 * self._lifetimes.settling)
        return Earlier(self._signer.certificate, until)

    def _write(self, secret: JsonObject | None, keyring: Keyring) -> None:
        ours = {key: base64.b64encode(value).decode() for key, value in keyring.to_data().items()}
        if secret is None:
            metadata = {
                "name": self._name,
                "namespace": self._namespace,
                "labels": {"app.kubernetes.io/managed-by": "polgate"},
            }
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": ours}
            self._api.create(self._collection, body)
            return
        others = {key: value for key, value in (secret.get("data") or {}).items() if key not in FIELDS}
        self._api.replace(self._path, {**secret, "data": {**others, **ours}})

    def _log_steps(self, damage: Sequence[str], steps: Sequence[str], keyring: Keyring) -> None:
        where = f"Secret {self._namespace}/{self._name}"
        extra = {"secret": f"{self._namespace}/{self._name}"}
        for problem in damage:
            _log.warning("%s was damaged, what was is made anew: %s", where, problem, extra=extra)
        if keyring.serving is not None:
            extra |= {"serial": keyring.serving.serial, "not_after": keyring.serving.not_after.isoformat()}
        for step in steps:
            _log.info("%s: %s", where, step, extra=extra)

    def _take(self, keyring: Keyring, now: datetime) -> None:
        """Go by a keyring: its bundle at once, its certificate when API servers trust who signed it."""
        before = (self._pair, self.ca_bundle)
        self._keyring = keyring
        if self._pair is None or self._pair.not_after <= now or self._is_trusted(keyring, now):
            self._pair, self._signer = keyring.serving, keyring.signer
            self._known_since = None
        if before != (self._pair, keyring.bundle):
            self._listeners.call()

    def _is_trusted(self, keyring: Keyring, now: datetime) -> bool:
        signer = keyring.signer.certificate
        if self._signer is not None and fingerprint(self._signer.certificate) == fingerprint(signer):
            return True
        if not self._is_known(to_pem([signer])):
            self._known_since = None
            return False
        self._known_since = self._known_since or now
        return now - self._known_since >= min(_HOLD, self._lifetimes.settling)


def _decoded(secret: JsonObject | None) -> dict[str, bytes]:
    """Give the Secret's own fields; what is no base64 counts as damaged content."""
    data = {} if secret is None else secret.get("data") or {}
    found = {}
    for key in FIELDS & data.keys():
        try:
            found[key] = base64.b64decode(data[key], validate=True)
        except (binascii.Error, ValueError, TypeError):
            found[key] = b"?"
    return found
