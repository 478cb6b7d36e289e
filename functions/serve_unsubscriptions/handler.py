"""The page on which a member says no, behind the link in each message; whoever has the link needs no key."""

from __future__ import annotations

from http import HTTPStatus
from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from huitou.members.consents import Consents
from huitou.members.store import TableMembers
from huitou.platform.http import Answer, accepted_at, entry_point, note
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import LinkSecret, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.platform.web import PageApp, form, languages, page, shown
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.standing.store import TableStandings
from huitou.unsubscribing.links import PATH, Link, reader
from huitou.unsubscribing.model import Reply, Situation, reply_in
from huitou.unsubscribing.page import WebPage, failure_page, situation_page, unknown_page
from huitou.unsubscribing.service import Unsubscriptions
from huitou.unsubscribing.words import words_for

LINK = f"{PATH}/<token>"
PAGES = shown((200, 404, 409, 429, 500, 503))

Token = Annotated[str, Path(description="What the link in a message ends with.")]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    link_secret: LinkSecret


settings = load(Needs)
table = Table(settings.members_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), monotonic)
unsubscriptions = Unsubscriptions(
    read=reader(Secret(settings.link_secret, settings.region, settings.endpoint).recent_text),
    consents=Consents(
        members=TableMembers(table),
        wallets=TableWallets(table),
        standings=TableStandings(table),
        programs=programs,
        commit=table.commit,
        pause=pause,
    ),
    profiles=TableMembers(table),
    programs=programs,
    speech=speech_in(programs),
)


def refused(status: int, accepted: str) -> Answer:
    """The page of a refusal; of a link that does not work, nothing is told but that."""
    words = words_for(None, accepted)
    return _page(unknown_page(words) if status == HTTPStatus.NOT_FOUND else failure_page(words), status)


app = PageApp("serve_unsubscriptions", "Messages", refused)


@app.get(LINK, summary="Show the page of a link that says no", security=[], responses=PAGES)
def show_unsubscription(token: Token) -> Answer:
    """Who writes by which channel, with buttons to end it, in the member's language, else in the browser's.

    Nothing is changed: scanners of mail follow links. A link that was not sent by us, or not like this, gets 404.
    """
    return _shown(*unsubscriptions.look(token), None)


@app.post(LINK, summary="Say no by a link", security=[], responses=PAGES)
def unsubscribe(token: Token) -> Answer:
    """Records the member's no to this brand, channel and purpose; repeated, it changes nothing.

    Any body means that, also `List-Unsubscribe=One-Click` (RFC 8058), but for a form with `answer`: `stop_all` is a
    no to all that the brand needs consent for, by every channel, `resume` takes back what was said by a link.
    """
    reply = reply_in(form(app))
    return _shown(*unsubscriptions.reply(token, reply, accepted_at(app)), reply)


def _shown(link: Link, situation: Situation, reply: Reply | None) -> Answer:
    note(app, member=link.member, brand=link.consent.brand, message_id=link.message)
    return _page(situation_page(situation, reply, words_for(situation.language, languages(app))))


def _page(made: WebPage, status: int = HTTPStatus.OK) -> Answer:
    return page(made.html, made.style, made.language, status)


handler = entry_point(app)
