"""The webhook configuration kept as it has to be, by every replica alike."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.policy_set import PolicySet
from policy_engine.records import record
from webhook.certificates.bundles import pem_blocks
from webhook.cluster.kube_error import KubeError
from webhook.cluster.paths import resource_path
from webhook.loops import Loop
from webhook.registration.configuration import (
    Settings,
    ca_bundles,
    desired_webhooks,
    digest,
    with_ca_bundles,
)
from webhook.registration.disabling import read_disabled
from webhook.registration.probe import Probe
from webhook.registration.rules import Asked, rules_of
from webhook.registration.turns import REGISTERED, Mark, Turns

_log = logging.getLogger("polgate.registration")

GROUP: Final = "admissionregistration.k8s.io"
RESOURCE: Final = "validatingwebhookconfigurations"

_INTERVAL_S: Final = 5.0
_SOON_S: Final = 1.0
_AGAIN_S: Final = 0.1
_STEADY: Final = timedelta(milliseconds=300)  # a wish is written when it has been the same for that long
_OLDEST: Final = (1, 28)  # the first version with matchConditions, without which a cluster could be locked


def configuration_path(name: str = "") -> str:
    """Give the path of a ValidatingWebhookConfiguration, or of all of them."""
    return resource_path(GROUP, "v1", RESOURCE, name=name)


class ConfigurationApi(Protocol):
    """What is needed of the Kubernetes API. Failures are KubeErrors."""

    def get(self, path: str) -> JsonObject:
        """Read an object; 404 where there is none."""

    def create(self, path: str, body: JsonObject) -> JsonObject:
        """Create an object; 409 where there is one."""

    def replace(self, path: str, body: JsonObject) -> JsonObject:
        """Replace an object; 409 where it was changed since it was read."""


@record(kw_only=True)
class Status:
    """How it stands. registered: API servers ask a Polgate server. waiting_for: what keeps it from being so."""

    registered: bool = False
    waiting_for: str = "the first look at the webhook configuration"


class Keeper:
    """Write what the policies ask for into the webhook configuration, and mend what others change there.

    Nothing is registered before this server is ready and answers at the address that is registered. Rules follow
    the policies, so hand these in only after they are in force here. bundle: gives what API servers have to trust,
    in PEM, None while there is nothing yet; it is not asked where the settings leave `caBundle` to others.
    create: make the configuration where it is absent; otherwise that is left to the chart.
    """

    def __init__(
        self,
        api: ConfigurationApi,
        settings: Settings,
        *,
        instance: str,
        bundle: Callable[[], bytes | None],
        is_ready: Callable[[], bool],
        probe: Probe,
        create: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        settings.check()
        self._api = api
        self._settings = settings
        self._instance = instance
        self._bundle = bundle
        self._is_ready = is_ready
        self._probe = probe
        self._create = create
        self._clock = clock
        self._path = configuration_path(settings.name)
        self._loop = Loop("webhook-registration", self.step)
        self._lock = threading.Lock()
        self._asked: Asked | None = None
        self._wish: tuple[str, datetime] | None = None  # digest, and since when
        self._turns = Turns()
        self._published: tuple[bytes, ...] | None = None
        self._version_checked = False
        self._status = Status()

    @property
    def status(self) -> Status:
        """Tell how it stands."""
        return self._status

    def use(self, policies: PolicySet) -> None:
        """Ask for what these policies are about, from now on."""
        asked = rules_of(policies)
        with self._lock:
            changed = asked != self._asked
            self._asked = asked
        if changed:
            self._loop.wake()

    def wake(self) -> None:
        """Look now, for instance because the certificates changed."""
        self._loop.wake()

    def is_known(self, pem: bytes) -> bool:
        """Tell whether API servers are told to trust certificates: every webhook's bundle has them.

        An empty configuration has nobody to tell. As of the last look, which is seconds ago.
        """
        published = self._published
        return published is not None and all(pem_blocks(pem) <= pem_blocks(bundle) for bundle in published)

    def start(self) -> None:
        """Begin to keep the configuration."""
        self._loop.start()

    def stop(self) -> None:
        """Stop keeping it. What is registered stays: other replicas answer, or nobody may be let through."""
        self._loop.stop()

    def step(self) -> float:
        """Look at the configuration, mend it, and give the seconds until the next look; the loop calls it."""
        live = self._read()
        if live is None:
            return _INTERVAL_S
        self._published = tuple(ca_bundles(live.get("webhooks")))
        try:
            return self._reconcile(live)
        except KubeError as error:
            if error.status != 409:
                self._note(live, f"the API server: {error.message}", level=logging.NOTSET)  # the loop logs it
                raise
            return _AGAIN_S  # another replica was quicker: look at what it wrote

    def _reconcile(self, live: JsonObject) -> float:
        disabled = read_disabled(live)
        if disabled is not None:
            if live.get("webhooks"):
                self._write(live, [])
            self._note({}, f"`polgate webhook enable`: switched off {disabled.text}", level=logging.WARNING)
            return _INTERVAL_S
        with self._lock:
            asked = self._asked
        if asked is None or not self._is_ready():
            self._note(live, "this server to be ready")
            return _SOON_S
        bundle = self._bundle() if self._settings.keeps_ca_bundle else None
        if self._settings.keeps_ca_bundle and bundle is None:
            self._note(live, "the first certificate")
            return _SOON_S
        return self._bring_about(live, desired_webhooks(asked, self._settings, bundle), bundle)

    def _bring_about(self, live: JsonObject, desired: list[JsonObject], bundle: bytes | None) -> float:
        now = self._clock()
        wanted, found = self._digest(desired), self._digest(live.get("webhooks"))
        if self._wish is None or self._wish[0] != wanted:
            self._wish = (wanted, now)
        if wanted == found:
            self._turns.agree()
            self._note(live, "" if desired else "a policy with a binding")
            return _INTERVAL_S
        since = self._wish[1]
        if now - since < _STEADY:
            return _STEADY.total_seconds()
        own = Mark(wanted, since, self._instance)
        wait = self._turns.wait(Mark.read(live), live_digest=found, own=own, now=now)
        if wait:
            self._note(live, f"another replica to agree: {Mark.read(live)}")
            return min(_INTERVAL_S, wait.total_seconds())
        if desired:
            self._check_version()
            desired, bundle = self._trusted(live, desired, bundle)
            if self._digest(desired) == found:
                self._note(live, "somebody to write `caBundle`, such as cert-manager's cainjector")
                return _SOON_S
            problem = self._probe(self._settings.address.url, bundle) if any(w["rules"] for w in desired) else None
            if problem is not None:
                self._note(live, problem, level=logging.WARNING)
                return _SOON_S
        self._write(live, desired, own)
        return _AGAIN_S  # and see whether it was kept as it was written

    def _trusted(
        self, live: JsonObject, desired: list[JsonObject], bundle: bytes | None
    ) -> tuple[list[JsonObject], bytes | None]:
        """Where others keep `caBundle`, leave theirs; until it is there, ask for nothing.

        They need entries to write it into; these must stop nothing while API servers distrust this server.
        """
        if self._settings.keeps_ca_bundle:
            return desired, bundle
        kept = with_ca_bundles(desired, live.get("webhooks"))
        theirs = next((found for found in ca_bundles(kept) if found), None)
        if theirs is None and self._probe(self._settings.address.url, None) is not None:
            return [webhook | {"rules": [], "matchConditions": []} for webhook in kept], None
        return kept, theirs

    def _read(self) -> JsonObject | None:
        try:
            return self._api.get(self._path)
        except KubeError as error:
            if error.status != 404:
                raise
        if not self._create:
            name = self._settings.name
            self._published = None
            self._note({}, f"ValidatingWebhookConfiguration `{name}`, which the chart brings", level=logging.ERROR)
            return None
        metadata = {"name": self._settings.name, "labels": {"app.kubernetes.io/managed-by": "polgate"}}
        body = {"apiVersion": f"{GROUP}/v1", "kind": "ValidatingWebhookConfiguration", "metadata": metadata}
        try:
            return self._api.create(configuration_path(), body)
        except KubeError as error:
            if error.status == 409:
                return self._api.get(self._path)
            raise

    def _write(self, live: JsonObject, webhooks: list[JsonObject], mark: Mark | None = None) -> None:
        metadata = dict(live["metadata"])
        annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != REGISTERED}
        if mark is not None:
            annotations[REGISTERED] = str(Mark(self._digest(webhooks), mark.since, mark.instance))
        metadata["annotations"] = annotations
        written = self._api.replace(self._path, {**live, "metadata": metadata, "webhooks": webhooks})
        self._published = tuple(ca_bundles(written.get("webhooks")))
        _log.info(
            "wrote webhook configuration %s: %s",
            self._settings.name,
            ", ".join(f"{w['name']} with {len(w['rules'])} rules" for w in webhooks) or "no webhooks",
            extra={"configuration": self._settings.name, "rules": sum(len(w["rules"]) for w in webhooks)},
        )

    def _check_version(self) -> None:
        """Refuse API servers that would drop what keeps a cluster from being locked. Nobody has to answer this."""
        if self._version_checked:
            return
        try:
            version = self._api.get("/version")
            found = (int(version["major"]), int(str(version["minor"]).rstrip("+")))
        except (KubeError, KeyError, ValueError):
            return
        if found < _OLDEST:
            raise KubeError(
                f"Kubernetes {found[0]}.{found[1]} has no matchConditions for webhooks, so nothing is registered",
                help="Kubernetes 1.28 or later is needed",
            )
        self._version_checked = True

    def _digest(self, webhooks: object) -> str:
        return digest(webhooks, with_ca_bundle=self._settings.keeps_ca_bundle)

    def _note(self, live: JsonObject, waiting_for: str, *, level: int = logging.INFO) -> None:
        """Keep how it stands, and log it when it changes."""
        registered = any(webhook.get("rules") for webhook in live.get("webhooks") or [])
        status = Status(registered=registered, waiting_for=waiting_for)
        if status == self._status:
            return
        self._status = status
        if level != logging.NOTSET:
            text = f"waiting for {waiting_for}" if waiting_for else "registered as it has to be"
            _log.log(level if waiting_for else logging.INFO, "%s: %s", self._settings.name, text)
