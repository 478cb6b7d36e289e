"""Where links in texts lead, and whether they may."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

Track = Callable[[str], str]
"""Makes of an address the one by which it is opened."""
HOST_PATTERN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
_SCHEME = "https://"
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}://|\bwww\.)[\x21-\x7e]*", re.I)
"""What mailboxes and telephones make a link of. It ends where ASCII ends."""
_AUTHORITY = re.compile(r"https://([^/?#]*)", re.I)
_HOST = re.compile(rf"({HOST_PATTERN})(:\d{{1,5}})?")
_MARK = re.compile(r"\ue000\d{1,6}\ue001")
_TO_OPEN = re.compile(rf"https://(?:[!#-;=?-_a-~]|{_MARK.pattern})+", re.I)
"""An address in a text in which values are still marks, and what follows: one that a value brings is none of ours."""
_BEFORE_VALUES = "/?#&=-_"
_AT_ENDS = ".,;:!?'"
_CLOSING = {")": "(", "]": "["}
_AROUND = re.compile(r"[<>()\[\]\"'`]")
"""What stands around addresses in Markdown and in sentences."""
SAMPLE_TRACKED_URL: Final = (
    "https://links.example/v1/links/AbCdEf6hIj9kLmN0pQr2sTu5vWx8yZa1bCd4eFg7hIj0kLm3nOpQrStU6wxYz9"
)
"""As long as the real one at a short host, and leads nowhere."""
_CHOOSING = re.compile(r"@|\{\{|\ue000")
"""What may let something behind it choose the host."""


def host_of(address: str) -> str | None:
    """The host of an https address in which it is written out; None for any other."""
    found = _AUTHORITY.match(address)
    host = _HOST.fullmatch(found[1].lower()) if found else None
    return host[1] if host else None


def is_within(host: str, hosts: Collection[str]) -> bool:
    """Whether it is one of ``hosts``, or below one."""
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def objection(address: str, hosts: Collection[str]) -> str | None:
    """Why a text must not lead there; None: it may."""
    if not address.lower().startswith(_SCHEME):
        return f"{address!r} does not begin with {_SCHEME}"
    host = host_of(address)
    if host is None:
        return f"the host of {address!r} is not written out; nothing that differs from member to member belongs there"
    return None if is_within(host, hosts) else f"{host!r} is none of the hosts under messages, url_hosts"


def addresses(text: str) -> Iterator[tuple[int, str]]:
    """Everything that looks like an address, each with its line."""
    for found in _ADDRESS.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, _alone(found[0])


def sample_track(address: str) -> str:
    """`Track` where nobody is written to."""
    del address
    return SAMPLE_TRACKED_URL


def links_in(form: str, is_way_out: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Where in a form of `writing` the links stand that its author wrote, and where each ends.

    ``is_way_out`` knows the marks of a link that is one by itself. Who can tell whether an address ends where a value
    follows? Such a one is none of these.
    """
    for found in _TO_OPEN.finditer(form):
        certain = _before_what_follows(found[0], is_way_out)
        address = _balanced(certain)
        behind = certain[len(address) :].lstrip(_AT_ENDS)
        is_whole = certain == found[0] or behind.startswith(tuple(_CLOSING))
        if is_whole and host_of(address):
            yield found.start(), found.start() + len(address)


def _before_what_follows(run: str, is_way_out: Callable[[str], bool]) -> str:
    """As far as the values in it are parts of a path or of what is asked for there."""
    end = 0
    for mark in _MARK.finditer(run):
        start = mark.start()
        authority = _AUTHORITY.match(run, 0, start)
        is_behind_host = authority is not None and authority.end() < start
        is_part = is_behind_host and (start == end or run[start - 1] in _BEFORE_VALUES) and not is_way_out(mark[0])
        if not is_part:
            return run[:start]
        end = mark.end()
    return run


def _balanced(address: str) -> str:
    """Up to the first bracket that has no other, without what ends sentences."""
    opened: list[int] = []
    for place, sign in enumerate(address):
        if sign in _CLOSING.values():
            opened.append(place)
        elif sign in _CLOSING:
            if not opened or address[opened[-1]] != _CLOSING[sign]:
                return address[: min([*opened[:1], place])].rstrip(_AT_ENDS)
            opened.pop()
    return address[: opened[0] if opened else None].rstrip(_AT_ENDS)


def _alone(address: str) -> str:
    """Without what stands around it, unless that might be a part of its host."""
    within, *around = _AROUND.split(address, maxsplit=1)
    return address if around and _CHOOSING.search(around[0]) else within.rstrip(".,;:!?")
