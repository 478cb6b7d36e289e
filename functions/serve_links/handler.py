"""Leads who opens a link in a message to where it leads, and counts it; whoever has the link needs no key."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from huitou.opening.links import PATH, reader
from huitou.opening.service import Openings
from huitou.opening.visitors import is_somebody
from huitou.outbox.store import TableOutbox
from huitou.platform.http import Answer, accepted_at, entry_point, note
from huitou.platform.secrets import Secret
from huitou.platform.settings import LinkSecret, MembersTable, Settings, load
from huitou.platform.table import Table
from huitou.platform.web import PageApp, page, redirect, shown
from huitou.unsubscribing.page import failure_page, unknown_page
from huitou.unsubscribing.words import words_for


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    link_secret: LinkSecret


settings = load(Needs)
table = Table(settings.members_table, settings.region, settings.endpoint)
openings = Openings(
    read=reader(Secret(settings.link_secret, settings.region, settings.endpoint).recent_text),
    messages=TableOutbox(table),
    commit=table.commit,
)


def refused(status: int, accepted: str) -> Answer:
    """The page of a refusal; of a link that does not work, nothing is told but that."""
    words = words_for(None, accepted)
    made = unknown_page(words) if status == HTTPStatus.NOT_FOUND else failure_page(words)
    return page(made.html, made.style, made.language, status)


app = PageApp("serve_links", "Messages", refused)


@app.get(f"{PATH}/<token>", summary="Open a link of a message", security=[], responses=shown((302, 404, 429, 500, 503)))
def open_link(token: Annotated[str, Path(description="What the link in a message ends with.")]) -> Answer:
    """Leads to where the message's text said, and nowhere else, and counts that it was opened.

    Software that names itself as such is led there and not counted. A link that was not sent by us, or not like this,
    gets 404.
    """
    by_somebody = is_somebody(app.current_event.headers)
    link, target = openings.open(token, accepted_at(app), by_somebody=by_somebody)
    note(app, member=link.message.member, message_id=link.message.key)
    return redirect(target)


handler = entry_point(app)
