"""Certificates from files that somebody else renews, such as a Secret that cert-manager keeps and a Pod mounts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from policy_engine.records import record
from webhook.certificates.bundles import describe, read_certificates, to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.pairs import Pair, read_pair
from webhook.certificates.source import Clock, Listeners, utc_now
from webhook.loops import Loop

_log = logging.getLogger("polgate.certificates")

_SOON_S = 1.0
_INTERVAL_S = 3.0  # files are small and cached; the kubelet brings a changed Secret within a minute or so
_REMINDER = timedelta(hours=1)

# When the authority itself is another one: how long a certificate of it is held back at most, until API servers
# are told to trust it; and how long the one before stays trusted, since mounted files reach each node at its own
# time.
_HELD_BACK = timedelta(minutes=1)
_KEPT = timedelta(minutes=10)


@record
class _Contents:
    certificate: bytes
    key: bytes
    ca: bytes | None


@record
class _Staged:
    pair: Pair
    since: datetime


class FileCertificates:
    """Serve with what two files hold, and let API servers trust what a third one holds.

    The files are looked at every three seconds, so it does not matter how they are replaced: links that are
    switched, as for mounted Secrets, or files written anew. What cannot be used is refused as a whole and logged;
    what was in use before stays. ca: None leaves it to others what API servers trust (cert-manager's cainjector).

    When the third file changes, what it held stays in the bundle for a while, and the new certificate is shown
    when API servers are told to trust its authority, which is_known tells (of PEM).
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        *,
        ca: Path | None = None,
        is_known: Callable[[bytes], bool] = lambda pem: True,
        clock: Clock = utc_now,
    ) -> None:
        self._paths = (certificate, key, ca)
        self._is_known = is_known
        self._clock = clock
        self._listeners = Listeners()
        self._loop = Loop("certificate-files", self.step)
        self._tried: _Contents | None = None
        self._unreadable = ""
        self._pair: Pair | None = None
        self._staged: _Staged | None = None
        self._ca: bytes | None = None
        self._earlier: tuple[
            tuple[bytes, datetime], ...
        ] = ()  # what the third file held, and until when it counts
        self._reminded: datetime | None = None

    @property
    def pair(self) -> Pair | None:
        """Give the certificate and key to serve with now."""
        return self._pair

    @property
    def ca_bundle(self) -> bytes | None:
        """Give what the third file holds and held until lately, None without one."""
        ca, earlier = self._ca, self._earlier
        if ca is None or not earlier:
            return ca
        return to_pem(
            certificate
            for pem in (ca, *(old for old, _ in earlier))
            for certificate in read_certificates(pem, what="")
        )

    @property
    def keeps_ca_bundle(self) -> bool:
        """Tell whether there is a third file."""
        return self._paths[2] is not None

    def expiries(self) -> Mapping[str, datetime]:
        """Tell when the certificate in use expires, and the first of the bundle."""
        pair, ca = self._pair, self._ca
        found = {} if pair is None else {"serving": pair.not_after}
        if ca is not None:
            found["ca"] = min(facts.not_after for facts in describe(ca))
        return found

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change."""
        self._listeners.add(listener)

    def start(self) -> None:
        """Load the files and watch them. Raises CertificateError where the first load fails: somebody looks on."""
        contents = self._read()
        self._tried = contents
        self._use(contents)
        self._loop.start()

    def stop(self) -> None:
        """End watching."""
        self._loop.stop()

    def step(self) -> float:
        """Look at the files once; the loop calls it. Gives the seconds until the next time."""
        try:
            contents = self._read()
        except CertificateError as error:
            if error.message != self._unreadable:
                self._refuse(error)
            self._unreadable = error.message
            return _INTERVAL_S
        self._unreadable = ""
        if contents != self._tried:
            self._tried = contents
            try:
                self._use(contents)
            except CertificateError as error:
                self._refuse(error)
        self._go_on()
        self._remind()
        return _INTERVAL_S if self._staged is None else _SOON_S

    def _read(self) -> _Contents:
        certificate, key, ca = self._paths
        return _Contents(_content(certificate), _content(key), None if ca is None else _content(ca))

    def _use(self, contents: _Contents) -> None:
        what = f"`{self._paths[0]}`"
        pair = read_pair(contents.certificate, contents.key, now=self._clock(), what=what)
        if contents.ca is not None:
            read_certificates(contents.ca, what=f"`{self._paths[2]}`")
        now, before = self._clock(), self._ca
        self._ca = contents.ca
        if self._pair is None or contents.ca is None or before is None or contents.ca == before:
            self._show(pair)
            return
        self._earlier = ((before, now + _KEPT), *self._earlier)
        self._staged = _Staged(pair, now)
        _log.info("%s holds another authority, its certificate waits until API servers trust it", self._paths[2])
        self._listeners.call()

    def _go_on(self) -> None:
        """Show the certificate that waits, when its time has come; forget authorities whose time is over."""
        now, staged = self._clock(), self._staged
        kept = tuple(old for old in self._earlier if old[1] > now)
        changed, self._earlier = kept != self._earlier, kept
        if staged is not None and self._may_show(staged, now):
            self._show(staged.pair)
        elif changed:
            self._listeners.call()

    def _may_show(self, staged: _Staged, now: datetime) -> bool:
        over = self._pair is None or self._pair.not_after <= now
        # Not in the step in which it was staged: API servers need a moment to hear of a configuration.
        known = now > staged.since and self._ca is not None and self._is_known(self._ca)
        return over or known or now - staged.since >= _HELD_BACK

    def _show(self, pair: Pair) -> None:
        self._pair, self._staged = pair, None
        _log.info(
            "serving with the certificate of `%s`, valid until %s",
            self._paths[0],
            f"{pair.not_after:%Y-%m-%d %H:%M:%SZ}",
            extra={"serial": pair.serial, "not_after": pair.not_after.isoformat()},
        )
        self._listeners.call()

    def _refuse(self, error: CertificateError) -> None:
        _log.error("certificate files refused, the certificate loaded before stays in use: %s", error.message)

    def _remind(self) -> None:
        """Say so where a certificate that others should have renewed comes to its end."""
        pair, now = self.pair, self._clock()
        if pair is None or now < pair.not_after - (pair.not_after - pair.not_before) / 10:
            return
        if self._reminded is None or now - self._reminded >= _REMINDER:
            self._reminded = now
            word = "expired" if pair.not_after <= now else "expires"
            _log.error(
                "the certificate of `%s` %s at %s and nobody has renewed it",
                self._paths[0],
                word,
                f"{pair.not_after:%Y-%m-%d %H:%M:%SZ}",
                extra={"serial": pair.serial, "not_after": pair.not_after.isoformat()},
            )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise CertificateError(f"`{path}` cannot be read: {said}") from None
