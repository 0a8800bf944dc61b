"""Switching enforcement off and on again, by hand, with or without a living server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from policy_engine.admission.json_values import JsonObject
from policy_engine.errors import InputError
from webhook.cluster.kube_error import KubeError
from webhook.registration.disabling import disabling_patch, enabling_patch
from webhook.registration.keeper import GROUP, RESOURCE, configuration_path

_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

_Result = TypeVar("_Result")


class SwitchApi(Protocol):
    """What is needed of the Kubernetes API. Failures are KubeErrors."""

    def get(self, path: str) -> JsonObject:
        """Read an object."""

    def create(self, path: str, body: JsonObject) -> JsonObject:
        """Create an object."""

    def patch(self, path: str, body: JsonObject) -> JsonObject:
        """Change an object by a JSON merge patch."""


class Switch:
    """Enforcement as a whole: one webhook configuration. Errors name what is missing, and how to get it."""

    def __init__(self, api: SwitchApi, name: str) -> None:
        self._api = api
        self._name = name
        self._path = configuration_path(name)

    def read(self) -> JsonObject:
        """Give the configuration."""
        return self._allowed("get", lambda: self._api.get(self._path))

    def disable(self, *, now: datetime, who: str, reason: str) -> JsonObject:
        """Take all webhooks away, and keep servers from putting them back. Gives what is there then."""
        patch = disabling_patch(now=now, who=who, reason=reason)
        return self._allowed("patch", lambda: self._api.patch(self._path, patch))

    def enable(self) -> JsonObject:
        """Let servers register again. Gives what is there then."""
        return self._allowed("patch", lambda: self._api.patch(self._path, enabling_patch()))

    def who(self, *, otherwise: str) -> str:
        """Give the name by which the API server knows the caller. otherwise: where it does not tell."""
        review: JsonObject = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            told = self._api.create(_REVIEWS, review)
            return str(told["status"]["userInfo"]["username"]) or otherwise
        except (KubeError, KeyError, TypeError):  # older than 1.28, forbidden: it is no reason to stop here
            return otherwise

    def _allowed(self, verb: str, call: Callable[[], _Result]) -> _Result:
        try:
            return call()
        except KubeError as error:
            if error.status == 404:
                raise InputError(
                    f"there is no ValidatingWebhookConfiguration `{self._name}` in this cluster: polgate enforces "
                    "nothing by that name",
                    help="`kubectl get validatingwebhookconfigurations` lists what there is, --name chooses one; "
                    "`helm upgrade --install polgate charts/polgate --namespace polgate` installs polgate",
                ) from None
            if error.status == 403:
                raise InputError(
                    f"you may not {verb} `{self._name}`: {error.message}",
                    help=f"it takes the verb `{verb}` on {RESOURCE}.{GROUP}; a cluster admin has it",
                ) from None
            raise
