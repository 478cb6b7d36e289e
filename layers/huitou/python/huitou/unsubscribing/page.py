"""The page behind a link: one column, one question, buttons that work without scripts (WCAG 2.2 AA).

Nothing comes from anywhere else, so that nobody learns who opens it, and all that it shows is escaped. The style is
in the page; its digest is what the browser is told to allow.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Final, NamedTuple

from huitou.templates.contrast import readable_on
from huitou.templates.model import Look, Speaker
from huitou.unsubscribing.model import FIELD, Reply, Situation, Stopped
from huitou.unsubscribing.words import Words

_STYLE: Final = """
*{{box-sizing:border-box}}
body{{margin:0;background:#f4f4f4;color:#222;font:1rem/1.6 system-ui,"PingFang TC","Microsoft JhengHei",sans-serif}}
main{{max-width:32rem;margin:0 auto;min-height:100vh;background:#fff}}
header{{padding:1.25rem 1.5rem;background:{color};color:{on_color};font-size:1.25rem;font-weight:700}}
section{{padding:1.5rem}}
h1{{margin:0 0 1rem;font-size:1.5rem;line-height:1.3}}
p{{margin:0 0 1.5rem}}
header,h1,p,button{{overflow-wrap:anywhere}}
button{{display:block;width:100%;min-height:3rem;margin:0 0 1rem;padding:.75rem 1rem;border:2px solid #222;
border-radius:.5rem;background:#fff;color:#222;font:inherit;cursor:pointer}}
button:first-of-type{{border-color:#222;background:{color};color:{on_color};font-weight:700}}
button:focus-visible{{outline:3px solid #222;outline-offset:3px}}
footer{{padding:0 1.5rem 1.5rem;color:#555;font-size:.875rem}}
"""


class WebPage(NamedTuple):
    """``style`` is what `style-src` of the page's Content-Security-Policy has to name."""

    html: str
    style: str
    language: str


class _Button(NamedTuple):
    reply: Reply
    label: str


def situation_page(situation: Situation, reply: Reply | None, words: Words) -> WebPage:
    """How things stand after ``reply`` (None: it was only looked), and what else may be said."""
    names = {"brand": situation.speaker.name, "channel": words.channels[situation.channel]}
    title, more = _told(situation, reply, words)
    buttons = [_Button(each.reply, each.label.format(**names)) for each in _buttons(situation, words)]
    return _page(situation.speaker, words, title.format(**names), more.format(**names), buttons)


def unknown_page(words: Words) -> WebPage:
    """The same for every link that does not work."""
    return _page(None, words, words.unknown, words.unknown_more)


def failure_page(words: Words) -> WebPage:
    """Somebody should try again."""
    return _page(None, words, words.failed, words.failed_more)


def _told(situation: Situation, reply: Reply | None, words: Words) -> tuple[str, str]:
    if situation.stopped is Stopped.ALL:
        return words.stopped_all, words.stopped_more
    if situation.stopped is Stopped.CHANNEL:
        return words.stopped, words.stopped_more
    return (words.resumed if reply is Reply.RESUME else words.question), words.question_more


def _buttons(situation: Situation, words: Words) -> Iterable[_Button]:
    if situation.stopped is Stopped.NOTHING:
        yield _Button(Reply.STOP, words.stop)
    if situation.stopped is not Stopped.ALL:
        yield _Button(Reply.STOP_ALL, words.stop_all)
    if situation.can_resume:
        yield _Button(Reply.RESUME, words.resume)


def _page(speaker: Speaker | None, words: Words, title: str, more: str, buttons: Iterable[_Button] = ()) -> WebPage:
    look = speaker.look if speaker else Look()
    style = _STYLE.format(color=escape(look.color), on_color=readable_on(look.color))
    head = f"<header>{escape(speaker.name)}</header>\n" if speaker else ""
    address = "<br>\n".join(escape(line) for line in look.address.splitlines())
    html = (
        f'<!doctype html>\n<html lang="{words.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{head}"
        f"<section>\n<h1>{escape(title)}</h1>\n<p>{escape(more)}</p>\n{_form(buttons)}</section>\n"
        f"{f'<footer>{address}</footer>' if address else ''}</main>\n</body>\n</html>\n"
    )
    return WebPage(html, f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'", words.language)


def _form(buttons: Iterable[_Button]) -> str:
    """It is posted to where the page is: the gateway puts its stage before our path, which we need not know."""
    rows = "".join(f'<button name="{FIELD}" value="{each.reply}">{escape(each.label)}</button>\n' for each in buttons)
    return f'<form method="post">\n{rows}</form>\n' if rows else ""
