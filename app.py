"""The application: Streamlit's pages, `/healthz`, and a forge that lives as long as the process."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.components import session
from specforge_core import Forge, SpecForgeError

HERE = Path(__file__).resolve().parent
PAGES = HERE / "pages"
AGAIN_S = 3.0  # between two tries to open the forge


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Opens the forge. Until that succeeds, the pages and `/healthz` say why it does not."""
    session.serve(await run_in_threadpool(open_forge))
    stopping = asyncio.Event()
    trying = asyncio.create_task(open_at_last(stopping))
    try:
        yield {}
    finally:
        stopping.set()  # no cancel: a forge that is just being opened must be closed again
        await trying
        forge = session.served()
        if isinstance(forge, Forge):
            await run_in_threadpool(forge.close)


async def open_at_last(stopping: asyncio.Event) -> None:
    """Tries again and again: a person may have made room, or ended what uses the database."""
    while not isinstance(session.served(), Forge):
        try:
            await asyncio.wait_for(stopping.wait(), AGAIN_S)
        except TimeoutError:
            session.serve(await run_in_threadpool(open_forge))
        else:
            return


def open_forge() -> Forge | SpecForgeError:
    try:
        return Forge.open(what="the SpecForge app")
    except SpecForgeError as exc:
        # Only its words: its traceback would keep a half-opened database locked.
        return SpecForgeError(str(exc))


async def healthz(_: Request) -> JSONResponse:
    """200 with version, uptime, database and worker; 503 with the reason when one is dead."""
    forge = session.served()
    if not isinstance(forge, Forge):
        return JSONResponse({"ok": False, "reason": str(forge)}, status_code=503)
    health = await run_in_threadpool(forge.health)
    return JSONResponse(asdict(health), status_code=200 if health.ok else 503)


def content_policy() -> str:
    """The Content-Security-Policy: nothing is fetched from, or sent to, another host.

    Model output may name remote images and frames; this keeps the browser from
    asking for them. Streamlit's page has one inline script, allowed by its hash.
    """
    found = find_spec("streamlit")
    assert found is not None  # noqa: S101 (it is imported above)
    assert found.origin is not None  # noqa: S101
    page = (Path(found.origin).parent / "static" / "index.html").read_text(encoding="utf-8")
    hashes = (
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    )
    scripts = " ".join(f"'sha256-{value}'" for value in hashes)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


class SecurityHeaders:
    """Adds the security headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [
            (b"content-security-policy", content_policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in self.headers}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, *self.headers]}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


# Streamlit puts the script's folder in front for each run and takes it out again, unless it is
# there. A thread that just then goes through the list to import something leaves one out.
if str(PAGES) not in sys.path:
    sys.path.append(str(PAGES))

app = st.App(
    PAGES / "navigation.py",
    lifespan=lifespan,
    routes=[Route("/healthz", healthz)],
    middleware=[Middleware(SecurityHeaders)],
)
