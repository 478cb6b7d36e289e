"""Calls by browsers: anybody may make them, forms come in, and what goes out is a page, also where it is a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from huitou.platform.http import Answer, App, Clock, utc_now

HTML: Final = "text/html"
RefusalPage = Callable[[int, str], Answer]
"""Makes the page of a status, for whoever accepts these languages (the header `Accept-Language`)."""

_POLICY: Final = "default-src 'none'; style-src {style}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class PageApp(App):
    """An app that answers with pages. ``refusal`` makes those of its refusals."""

    def __init__(self, service: str, tag: str, refusal: RefusalPage, clock: Clock = utc_now) -> None:
        super().__init__(service, tag, {}, clock)
        self._refusal = refusal

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The gateway's answer to ``event``, whatever kind of body it has: see `form`."""
        return self._answer_to(event, context)

    def _refuse(self, error: Exception) -> Answer:
        refused = super()._refuse(error)
        page = self._refusal(refused.status_code, languages(self))
        repeat = refused.headers.get("Retry-After")
        return (
            page
            if repeat is None
            else Response(
                page.status_code, page.content_type, page.body, headers={**page.headers, "Retry-After": repeat}
            )
        )


def page(html: str, style: str, language: str, status: int = 200) -> Answer:
    """A page that loads nothing and runs nothing; ``style`` is what its policy allows as such, as ``'sha256-…'``."""
    headers = {**_HEADERS, "Content-Language": language, "Content-Security-Policy": _POLICY.format(style=style)}
    return Response(status, f"{HTML}; charset=utf-8", html, headers=headers)


def redirect(address: str) -> Answer:
    """Leads a browser on, which tells there not where it comes from."""
    return Response(HTTPStatus.FOUND, f"{HTML}; charset=utf-8", "", headers={**_HEADERS, "Location": address})


def languages(app: App) -> str:
    """What `Accept-Language` says, if anything."""
    return app.current_event.headers.get("accept-language") or ""


def form(app: App) -> str:
    """The body as it came; what is no text is nothing."""
    try:
        return app.current_event.decoded_body or ""
    except ValueError:
        return ""


def shown(statuses: Iterable[int]) -> dict[int, Any]:
    """A route's ``responses``: pages all of them."""
    content = {HTML: {"schema": {"type": "string"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(statuses)}
