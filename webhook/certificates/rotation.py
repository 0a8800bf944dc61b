"""How the server's own certificates are replaced, without a moment in which API servers distrust them.

A new authority goes through four steps, each of which one replica writes into the Secret for all of them:

1. At two thirds of the life of the one that signs it is made, and joins the bundle.
2. Once the bundle with it stands in the webhook configuration, the time is noted.
3. After a settling time, in which every API server hears of it, it signs: first of all a new serving certificate.
4. The old one leaves the bundle when the last certificate it signed has expired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509

from policy_engine.records import record
from webhook.certificates.bundles import to_pem
from webhook.certificates.issuing import Authority, Lifetimes, is_due
from webhook.certificates.keyring import Earlier, Keyring

# With less than that left an authority counts as expired: what it signs would be over before it is served.
_LAST_MOMENT = timedelta(seconds=2)


@record(kw_only=True)
class Advance:
    """What is to be in the Secret now. steps: what was done and why, for the log; none: nothing changed."""

    keyring: Keyring
    steps: tuple[str, ...]


def advance(
    keyring: Keyring | None,
    *,
    now: datetime,
    names: Sequence[str],
    lifetimes: Lifetimes,
    is_known: Callable[[bytes], bool],
    in_use: Earlier | None = None,
) -> Advance:
    """Do what is due. The result depends on the arguments and on chance alone: keys and serial numbers.

    keyring: None where there is none, or none that can be used.
    is_known: tells whether API servers are told to trust a certificate, in PEM.
    in_use: the authority of the certificate that this server shows now; it stays trusted if it was lost.
    """
    steps: list[str] = []
    keyring = _with_signer(keyring, now, lifetimes, steps)
    keyring = _with_successor(keyring, now, lifetimes, is_known, steps)
    keyring = _promoted(keyring, now, lifetimes, is_known, steps)
    keyring = _without_unneeded(keyring, now, steps)
    keyring = _with_used(keyring, now, in_use, steps)
    keyring = _with_serving(keyring, now, names, lifetimes, steps)
    return Advance(keyring=keyring, steps=tuple(steps))


def _with_signer(keyring: Keyring | None, now: datetime, lifetimes: Lifetimes, steps: list[str]) -> Keyring:
    if keyring is not None and not _is_over(keyring.signer, now):
        return keyring
    if keyring is not None and keyring.successor is not None and not _is_over(keyring.successor, now):
        steps.append("the CA expired, its successor signs from now on")
        return Keyring(signer=keyring.successor, earlier=keyring.earlier)
    steps.append("made a CA" if keyring is None else "the CA expired, made another one")
    return Keyring(signer=Authority.make(now=now, lifetime=lifetimes.authority))


def _with_successor(
    keyring: Keyring, now: datetime, lifetimes: Lifetimes, is_known: Callable[[bytes], bool], steps: list[str]
) -> Keyring:
    certificate = keyring.signer.certificate
    successor = keyring.successor
    if successor is None or _is_over(successor, now):
        if not is_due(certificate.not_valid_before_utc, certificate.not_valid_after_utc, now):
            return keyring
        steps.append(f"made the next CA: the present one ends at {_time(keyring.signer.not_after)}")
        fresh = Authority.make(now=now, lifetime=lifetimes.authority)
        return replace(keyring, successor=fresh, known_since=None)
    if keyring.known_since is None and is_known(to_pem([successor.certificate])):
        steps.append("the next CA stands in the webhook configuration")
        return replace(keyring, known_since=now)
    return keyring


def _promoted(
    keyring: Keyring, now: datetime, lifetimes: Lifetimes, is_known: Callable[[bytes], bool], steps: list[str]
) -> Keyring:
    successor, known_since = keyring.successor, keyring.known_since
    if successor is None or known_since is None or now < known_since + lifetimes.settling:
        return keyring
    if not is_known(to_pem([successor.certificate])):  # somebody changed the configuration meanwhile
        return keyring
    steps.append("the next CA signs from now on")
    # Certificates are signed one after the other, so the present one is the last that the old authority signed.
    last = keyring.serving.not_after if keyring.serving is not None else now
    old = Earlier(keyring.signer.certificate, min(last, keyring.signer.not_after))
    return Keyring(signer=successor, earlier=(old, *keyring.earlier))


def _without_unneeded(keyring: Keyring, now: datetime, steps: list[str]) -> Keyring:
    kept = tuple(old for old in keyring.earlier if min(old.needed_until, _end(old.certificate)) > now)
    if len(kept) == len(keyring.earlier):
        return keyring
    steps.append("dropped an earlier CA, no certificate it signed is valid")
    return replace(keyring, earlier=kept)


def _with_used(keyring: Keyring, now: datetime, in_use: Earlier | None, steps: list[str]) -> Keyring:
    if in_use is None or in_use.certificate in keyring.authorities or in_use.needed_until <= now:
        return keyring
    steps.append("kept the earlier CA in the bundle, certificates it signed are still shown")
    return replace(keyring, earlier=(*keyring.earlier, in_use))


def _with_serving(
    keyring: Keyring, now: datetime, names: Sequence[str], lifetimes: Lifetimes, steps: list[str]
) -> Keyring:
    pair = keyring.serving
    wanted = tuple(dict.fromkeys(names))
    if pair is None:
        steps.append("issued a certificate")
    elif is_due(pair.not_before, pair.not_after, now):
        steps.append(
            f"renewed the certificate, two thirds of its life are over; it ends at {_time(pair.not_after)}"
        )
    elif not pair.is_for(names):
        # Names that are there stay until the next renewal: in a rollout, replicas that still want them and those
        # that want others would take turns without end.
        steps.append(f"issued the certificate anew, for {', '.join(names)}")
        wanted = tuple(dict.fromkeys((*names, *sorted(pair.names))))
    else:
        return keyring
    return replace(keyring, serving=keyring.signer.issue(wanted, now=now, lifetime=lifetimes.certificate))


def _is_over(authority: Authority, now: datetime) -> bool:
    return authority.not_after - _LAST_MOMENT <= now


def _end(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
