"""`polgate webhook`: enforcement in a cluster, looked at and switched off and on."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policy_engine.cli.exit_codes import ALLOWED
from policy_engine.cli.terminal import say
from policy_engine.errors import InputError

if TYPE_CHECKING:
    from webhook.registration.switch import Switch

_Command = TypeVar("_Command", bound=Callable[..., Any])

_PAUSE_S = 0.5


@click.group()
def webhook() -> None:
    """Look at what the admission webhook enforces in a cluster, and switch it off and on.

    These commands talk to the cluster's API server alone: they work when no polgate server does.

    \b
    Example:
      polgate webhook status
      polgate webhook disable --reason "nothing can be created, see INC-42"
      polgate webhook enable
    """


def _cluster_options(command: _Command) -> _Command:
    for option in (
        click.option("--kube-context", metavar="NAME", help="Context of the kubeconfig."),
        click.option("--kubeconfig", metavar="FILE", help="[default: as kubectl]"),
        click.option(
            "--name",
            metavar="NAME",
            default="polgate",
            show_default=True,
            help="The ValidatingWebhookConfiguration.",
        ),
    ):
        command = option(command)
    return command


@webhook.command()
@_cluster_options
def status(name: str, kubeconfig: str | None, kube_context: str | None) -> int:
    """Tell what is enforced, whom API servers trust, and whether and by whom it was switched off.

    \b
    Example:
      polgate webhook status --kube-context production
    """
    switch, server = _connect(name, kubeconfig, kube_context)
    from webhook.registration.telling import tell

    configuration = switch.read()
    say(f"cluster: {server}")
    say("\n".join(tell(configuration, now=datetime.now(UTC))))
    return ALLOWED


@webhook.command()
@click.option("--reason", metavar="TEXT", default="", help="Why, for who finds it so.")
@click.option("--yes", is_flag=True, help="Do not ask back.")
@_cluster_options
def disable(reason: str, yes: bool, name: str, kubeconfig: str | None, kube_context: str | None) -> int:
    """Stop all enforcement by the webhook, at once and until `polgate webhook enable`.

    API servers ask no polgate server any more, and the servers leave it so. Policies that API servers evaluate
    themselves stay in force. Nothing is deleted.

    \b
    Example:
      polgate webhook disable --reason "nothing can be created, see INC-42"
    """
    switch, server = _connect(name, kubeconfig, kube_context)
    from webhook.registration.disabling import read_disabled
    from webhook.registration.telling import tell_rules

    before = switch.read()
    already, webhooks = read_disabled(before), before.get("webhooks") or []
    if already is not None and not webhooks:
        say(f"`{name}` is switched off already {already.text}".rstrip())
        say("to get back: " + _command("enable", name, kubeconfig, kube_context))
        return ALLOWED
    rules = [f"  {line}" for webhook in webhooks for line in tell_rules(webhook)]
    say("\n".join([f"enforced by `{name}` in {server}:", *(rules or ["  nothing"])]))
    if not yes:
        click.confirm("Stop enforcing it?", abort=True)
    who = switch.who(otherwise=_local_user())
    after = switch.disable(now=datetime.now(UTC), who=who, reason=reason)
    disabled = read_disabled(after)
    say(f"switched off {disabled.text if disabled else ''}: none of that is enforced any more".replace(" :", ":"))
    say("to get back: " + _command("enable", name, kubeconfig, kube_context))
    return ALLOWED


@webhook.command()
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    default=15.0,
    show_default=True,
    help="For servers to register.",
)
@_cluster_options
def enable(wait_s: float, name: str, kubeconfig: str | None, kube_context: str | None) -> int:
    """Let polgate servers register again after `polgate webhook disable`.

    They do so within seconds. While none is alive, nothing is enforced.

    \b
    Example:
      polgate webhook enable --kube-context production
    """
    switch, server = _connect(name, kubeconfig, kube_context)
    from webhook.registration.disabling import read_disabled

    disabled = read_disabled(switch.read())
    if disabled is None:
        say(f"`{name}` in {server} was not switched off")
    else:
        switch.enable()
        say(f"`{name}` in {server} is on again; it was off {disabled.text}".rstrip())
    webhooks = _wait_for_webhooks(switch, wait_s)
    if webhooks:
        say(f"enforced again: {', '.join(webhooks)}")
    else:
        say(
            f"no server has registered within {wait_s:g} s: nothing is enforced until one does\n"
            "see that its Pods are ready, and what they log; a server without any bound policy registers nothing"
        )
    return ALLOWED


def _connect(name: str, kubeconfig: str | None, kube_context: str | None) -> tuple[Switch, str]:
    try:
        from webhook.cluster.api import ClusterClient
        from webhook.registration.switch import Switch
    except ImportError as error:
        raise InputError(
            f"access to clusters needs packages that are not installed: {error}",
            help="pip install 'polgate[server]'",
        ) from None
    client = ClusterClient.connect(kubeconfig=kubeconfig, kube_context=kube_context)
    click.get_current_context().call_on_close(client.close)
    return Switch(client, name), client.server


def _wait_for_webhooks(switch: Switch, wait_s: float) -> list[str]:
    """Wait for webhooks that ask for something, and give their names."""
    deadline = time.monotonic() + wait_s
    while True:
        webhooks = switch.read().get("webhooks") or []
        names = [str(webhook.get("name")) for webhook in webhooks if webhook.get("rules")]
        left_s = deadline - time.monotonic()
        if names or left_s <= 0:
            return names
        time.sleep(min(_PAUSE_S, left_s))


def _local_user() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container without a user of that number
        return socket.gethostname()


def _command(verb: str, name: str, kubeconfig: str | None, kube_context: str | None) -> str:
    """Give the command for the same cluster."""
    parts = ["polgate webhook", verb]
    if name != "polgate":
        parts.append(f"--name {name}")
    if kubeconfig is not None:
        parts.append(f"--kubeconfig {kubeconfig}")
    if kube_context is not None:
        parts.append(f"--kube-context {kube_context}")
    return " ".join(parts)
