"""The HTTP side of the server: reviews by a path of their own, everything else by FastAPI."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from policy_engine import __version__
from webhook.health import Health
from webhook.listing import PolicyListing, list_policies
from webhook.policies.live import LivePolicies
from webhook.reviews.endpoint import PATHS, Receive, ReviewEndpoint, Scope, Send

_DESCRIPTION = "Judges admission reviews by ValidatingAdmissionPolicies. Reviews are posted to /validate."


def admin_app(health: Health, live: LivePolicies, metrics: Callable[[], bytes]) -> FastAPI:
    """Make what people, probes and Prometheus ask. metrics: gives the text that Prometheus reads."""
    app = FastAPI(title="Polgate", version=__version__, description=_DESCRIPTION, redoc_url=None)

    @app.get("/healthz", response_class=PlainTextResponse, summary="Whether the process lives")
    async def healthz() -> str:
        return "ok"

    @app.get(
        "/readyz", summary="Whether reviews are wanted", responses={503: {"description": "Not yet, or no more"}}
    )
    async def readyz() -> JSONResponse:
        waiting_for = health.waiting_for()
        return JSONResponse({"ready": not waiting_for, "waitingFor": waiting_for}, 503 if waiting_for else 200)

    @app.get("/metrics", summary="What Prometheus reads", response_class=PlainTextResponse)
    def metrics_text() -> Response:
        return Response(metrics(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/policies", summary="What reviews are judged by, and what is wrong with it")
    def policies() -> PolicyListing:
        return list_policies(live)

    return app


def bare_app() -> FastAPI:
    """Make what the port for reviews answers besides, where everything else has a port of its own.

    Whoever may post reviews need not read policies and metrics too. `/healthz` is there for this server itself: it
    asks for it at the address that it registers.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok"

    return app


class Front:
    """The ASGI application of the port for reviews.

    A review goes straight to its endpoint: FastAPI's routing alone would take longer than judging it. rest: who
    answers everything else.
    """

    def __init__(self, reviews: ReviewEndpoint, rest: Callable[..., object]) -> None:
        self._reviews = reviews
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP, or a call of the server's lifespan."""
        if scope["type"] == "http" and scope["path"] in PATHS:
            await self._reviews(scope, receive, send)
        else:
            await self._rest(scope, receive, send)  # type: ignore[misc]
