"""One question to a forge's API: a request, and JSON back, within bounds."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

from policy_engine import __version__
from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.errors import InputError
from policy_engine.records import record

MAX_BYTES = 5 * 1024 * 1024  # a hundred reviews with long texts have some hundred KiB
TIMEOUT_S = 15.0


class Unanswered(InputError):
    """Say why a forge gave no answer. Without a token, an address's query, or anything that it sent."""

    code = "forge-unanswered"


@record(kw_only=True)
class Client:
    """Asks one API. base: its address. headers: with the token; they go to that address and to no other."""

    base: str
    headers: Mapping[str, str]
    timeout_s: float = TIMEOUT_S

    @property
    def host(self) -> str:
        """Give the host, and the port where it says one."""
        return self._address()[1] or "the forge"

    def get(self, path: str) -> JsonValue:
        """Ask for what is at a path below the API's address. Raises: Unanswered."""
        return self._ask(self.base.rstrip("/") + path, None)

    def post(self, body: JsonObject) -> JsonValue:
        """Send JSON to the API's address itself. Raises: Unanswered."""
        return self._ask(self.base, json.dumps(body).encode())

    def _address(self) -> tuple[str, str]:
        """Give the scheme and the host of the API's address; nothing where it is none."""
        try:
            parts = urlsplit(self.base)
        except ValueError:
            return "", ""
        return parts.scheme, parts.netloc.rpartition("@")[2]

    def _ask(self, url: str, body: bytes | None) -> JsonValue:
        if self._address()[0] not in ("https", "http"):
            raise Unanswered(f"`{self.base}` is no address of an API")
        headers = {"Accept": "application/json", "User-Agent": f"polgate/{__version__}", **self.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = self._within_time(urllib.request.Request(url, data=body, headers=headers))
        try:
            value: JsonValue = json.loads(data)
        except (ValueError, RecursionError):
            raise Unanswered(f"{self.host} answered what is not JSON") from None
        return value

    def _within_time(self, request: urllib.request.Request) -> bytes:
        """Ask in a thread that is left behind when it takes too long: sockets have no time for a whole answer."""
        found: list[bytes | Unanswered] = []
        thread = threading.Thread(target=lambda: found.append(self._answer(request)), daemon=True)
        thread.start()
        thread.join(self.timeout_s)
        if not found:
            raise Unanswered(f"{self.host} takes more than {self.timeout_s:g} s to answer")
        if isinstance(found[0], Unanswered):
            raise found[0]
        return found[0]

    def _answer(self, request: urllib.request.Request) -> bytes | Unanswered:
        try:
            with _OPENER.open(request, timeout=2 * self.timeout_s) as response:
                data: bytes = response.read(MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            return Unanswered(f"{self.host} answered {error.code}", help=_HELP.get(error.code, ""))
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            return Unanswered(f"{self.host} could not be reached: {getattr(reason, 'strerror', None) or reason}")
        except ValueError:  # its words may hold the token
            help = "POLGATE_FORGE_TOKEN, or the address, holds what none has"
            return Unanswered(f"{self.host} could not be asked", help=help)
        if len(data) > MAX_BYTES:
            return Unanswered(f"{self.host} answered more than {MAX_BYTES} bytes")
        return data


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token is meant for one address."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)
_HELP = {
    401: "the token in POLGATE_FORGE_TOKEN is not known there, or has ended",
    403: "the token in POLGATE_FORGE_TOKEN needs to be allowed to read pull requests or merge requests",
    404: "the token in POLGATE_FORGE_TOKEN needs to be allowed to read this repository",
}
