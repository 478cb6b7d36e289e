"""From Markdown to an email: HTML that every mailbox shows, and the same as plain text.

A little of Markdown is known: paragraphs, headings, lists, emphasis and links. HTML is text. Values are filled in when
the Markdown has been understood, escaped for the place in which they stand, so that none is ever more than text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.tree import SyntaxTreeNode

from huitou.templates.contrast import readable_on, readable_on_white
from huitou.templates.links import Track, host_of
from huitou.templates.model import Look, Speaker
from huitou.templates.page import FONT, page
from huitou.templates.writing import UnwritableTextError, Written, has_value, one_line, percent_encoded

_RULES: Final = ("heading", "list", "emphasis", "link", "newline", "escape", "entity", "balance_pairs")

MOST_LEVELS: Final = 20
"""Of lists and emphasis within each other."""
_PARAGRAPH: Final = "margin:0 0 16px;font-size:16px;line-height:1.6"
_HEADINGS: Final = {"h1": 24, "h2": 20, "h3": 18}
_UNSUBSCRIBE: Final = {"zh": "取消訂閱", "ja": "配信停止"}


class Email(NamedTuple):
    """As a mailbox gets it."""

    subject: str
    html: str
    text: str


class Parts(NamedTuple):
    """What an email is made of, each written for one member."""

    subject: Written
    body: Written
    preheader: Written | None = None


def email(parts: Parts, speaker: Speaker, language: str, unsubscribe_url: str | None, track: Track = str) -> Email:
    """``unsubscribe_url`` is None where the message is no marketing: then nothing is said of it below.

    ``track`` makes of each other link the one by which it is opened.
    """
    subject = one_line(parts.subject)
    tree = _tree(parts.body)
    out = (unsubscribe_url, unsubscribe_word(language)) if unsubscribe_url else None
    html = page(
        language=language,
        subject=subject,
        preheader=one_line(parts.preheader) if parts.preheader else "",
        speaker=speaker,
        content=_Html(parts.body, unsubscribe_url, track, speaker.look).blocks(tree),
        way_out=out,
    )
    foot = [*speaker.look.address.splitlines(), *([f"{out[1]}: {out[0]}"] if out else [])]
    text = "\n\n".join(
        [*_Plain(parts.body, unsubscribe_url, track).blocks(tree), *(["-- \n" + "\n".join(foot)] if foot else [])]
    )
    return Email(subject, html, text + "\n")


def unsubscribe_word(language: str) -> str:
    """What the way out is called."""
    return _UNSUBSCRIBE.get(language.partition("-")[0].lower(), "Unsubscribe")


def destinations(body: Written, unsubscribe_url: str | None) -> Iterator[str]:
    """Where the links of the text lead, values filled in, but for the way out."""
    for node in _tree(body).walk():
        if node.type == "link" and not _is_way_out(body, str(node.attrs["href"]), unsubscribe_url):
            yield _filled(body, str(node.attrs["href"]))


def _is_way_out(body: Written, href: str, unsubscribe_url: str | None) -> bool:
    return unsubscribe_url is not None and has_value(href) and body.fill(href) == unsubscribe_url


def _filled(body: Written, href: str) -> str:
    return body.fill(href, percent_encoded)


def _tree(body: Written) -> SyntaxTreeNode:
    """Raises `UnwritableTextError`."""
    tokens = _markdown().parse(body.form)
    depth = max((each.level for token in tokens for each in (token, *(token.children or ()))), default=0)
    if depth > MOST_LEVELS:
        raise UnwritableTextError("Lists or emphasis stand within each other too often.")
    return SyntaxTreeNode(tokens)


@cache
def _markdown() -> MarkdownIt:
    """Addresses are looked at when they are filled in."""
    markdown = MarkdownIt("zero", {"html": False}).enable(list(_RULES))
    markdown.normalizeLink = str  # type: ignore[method-assign, assignment]
    markdown.validateLink = bool  # type: ignore[method-assign, assignment]
    return markdown


class _Renderer:
    """What both forms have in common: each kind of node goes to the method ``_of_`` its name."""

    def __init__(self, body: Written, unsubscribe_url: str | None, track: Track) -> None:
        self._body = body
        self._unsubscribe_url = unsubscribe_url
        self._track = track

    def _href(self, node: SyntaxTreeNode) -> str | None:
        """An https address, as it is opened; None where it is none, or its host would depend on a value."""
        href = str(node.attrs["href"])
        if _is_way_out(self._body, href, self._unsubscribe_url):
            return self._unsubscribe_url
        address = _filled(self._body, href)
        return self._track(normalizeLink(address)) if host_of(href) and host_of(address) else None

    def inline(self, node: SyntaxTreeNode) -> str:
        return "".join(self._inline(child) for child in node.children)

    def _inline(self, node: SyntaxTreeNode) -> str:
        method: Callable[[SyntaxTreeNode], str] = getattr(self, f"_of_{node.type}", self.inline)
        return method(node)

    def _lone_link(self, paragraph: SyntaxTreeNode) -> tuple[str, str] | None:
        """Address and label where the paragraph is a link and nothing else."""
        (inline,) = paragraph.children
        if [child.type for child in inline.children] != ["link"]:
            return None
        (link,) = inline.children
        address = self._href(link)
        return (address, self.inline(link)) if address else None


class _Html(_Renderer):
    def __init__(self, body: Written, unsubscribe_url: str | None, track: Track, look: Look) -> None:
        super().__init__(body, unsubscribe_url, track)
        self._color = escape(look.color)

    def blocks(self, node: SyntaxTreeNode) -> str:
        return "".join(self._block(child) for child in node.children)

    def _block(self, node: SyntaxTreeNode) -> str:
        if node.type == "paragraph":
            return self._paragraph(node)
        if node.type == "heading":
            style = f"margin:0 0 12px;font-size:{_HEADINGS.get(node.tag, 16)}px;line-height:1.3"
            return f'<{node.tag} style="{style}">{self.inline(node)}</{node.tag}>'
        if node.type in {"bullet_list", "ordered_list"}:
            return f'<{node.tag} style="{_PARAGRAPH};padding-left:24px">{self.blocks(node)}</{node.tag}>'
        if node.type == "list_item":
            return f'<li style="margin:0 0 4px">{self._item(node)}</li>'
        return self.inline(node)

    def _item(self, node: SyntaxTreeNode) -> str:
        return "".join(
            self.inline(child) if child.type == "paragraph" and child.hidden else self._block(child)
            for child in node.children
        )

    def _paragraph(self, node: SyntaxTreeNode) -> str:
        button = self._lone_link(node)
        if button is None:
            return f'<p style="{_PARAGRAPH}">{self.inline(node)}</p>'
        address, label = button
        return (
            '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px"><tr>'
            f'<td bgcolor="{self._color}" style="border-radius:6px;background:{self._color}">'
            f'<a href="{escape(address)}" style="display:inline-block;padding:12px 24px;font-size:16px;'
            f'color:{readable_on(self._color)};text-decoration:none;{FONT}">{label}</a></td></tr></table>'
        )

    def _of_text(self, node: SyntaxTreeNode) -> str:
        return escape(self._body.fill(node.content))

    def _of_strong(self, node: SyntaxTreeNode) -> str:
        return f"<strong>{self.inline(node)}</strong>"

    def _of_em(self, node: SyntaxTreeNode) -> str:
        return f"<em>{self.inline(node)}</em>"

    def _of_link(self, node: SyntaxTreeNode) -> str:
        address = self._href(node)
        if address is None:
            return self.inline(node)
        return f'<a href="{escape(address)}" style="color:{readable_on_white(self._color)}">{self.inline(node)}</a>'

    def _of_softbreak(self, _: SyntaxTreeNode) -> str:
        return "<br>\n"

    _of_hardbreak = _of_softbreak


class _Plain(_Renderer):
    def blocks(self, node: SyntaxTreeNode) -> list[str]:
        return [self._block(child) for child in node.children]

    def _block(self, node: SyntaxTreeNode) -> str:
        if node.type == "paragraph":
            button = self._lone_link(node)
            return f"{button[1]}:\n{button[0]}" if button else self.inline(node)
        if node.type in {"bullet_list", "ordered_list"}:
            first = int(node.attrs.get("start", 1))
            signs = (f"{first + n}." if node.type == "ordered_list" else "-" for n in range(len(node.children)))
            return "\n".join(self._item(sign, item) for sign, item in zip(signs, node.children, strict=True))
        return self.inline(node)

    def _item(self, sign: str, item: SyntaxTreeNode) -> str:
        text = "\n".join(self.blocks(item))
        return f"{sign} {text}".replace("\n", "\n" + " " * (len(sign) + 1))

    def _of_text(self, node: SyntaxTreeNode) -> str:
        return self._body.fill(node.content)

    def _of_link(self, node: SyntaxTreeNode) -> str:
        label, address = self.inline(node), self._href(node)
        return label if address is None or address == label else f"{label} ({address})"

    def _of_softbreak(self, _: SyntaxTreeNode) -> str:
        return "\n"

    _of_hardbreak = _of_softbreak
