"""The frame of an email: one column, at most 600 pixels wide, in tables with the styles beside what they style.

Mailboxes know little of style sheets and nothing of scripts; this is what all of them show.
"""

from __future__ import annotations

from html import escape
from typing import Final

from huitou.templates.contrast import readable_on_white
from huitou.templates.languages import direction_of
from huitou.templates.model import Speaker

FONT: Final = "font-family:-apple-system,'Segoe UI','PingFang TC','Microsoft JhengHei',Helvetica,Arial,sans-serif"
_TABLE: Final = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'


def page(
    *, language: str, subject: str, preheader: str, speaker: Speaker, content: str, way_out: tuple[str, str] | None
) -> str:
    """The whole document. ``content`` is HTML, everything else is text; ``way_out`` is an address and its label."""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction_of(language)}">\n'
        '<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n</head>\n"
        f'<body style="margin:0;padding:0;background:#f4f4f4">\n{_preheader(preheader)}'
        f'{_TABLE} style="background:#f4f4f4"><tr><td align="center" style="padding:24px 12px">\n'
        f'{_TABLE} style="max-width:600px;background:#ffffff;border-radius:8px">\n'
        f'<tr><td style="padding:24px 32px 0;{FONT}">{_head(speaker)}</td></tr>\n'
        f'<tr><td style="padding:24px 32px 8px;color:#222222;{FONT}">{content}</td></tr>\n'
        f'<tr><td style="padding:0 32px 24px;font-size:12px;line-height:1.6;color:#666666;{FONT}">'
        f"{_foot(speaker, way_out)}</td></tr>\n</table>\n</td></tr></table>\n</body>\n</html>\n"
    )


def _preheader(text: str) -> str:
    if not text:
        return ""
    return f'<div style="display:none;max-height:0;overflow:hidden">{escape(text)}</div>\n'


def _head(speaker: Speaker) -> str:
    name = escape(speaker.name)
    if speaker.look.logo is None:
        return f'<strong style="font-size:18px;color:{escape(readable_on_white(speaker.look.color))}">{name}</strong>'
    return f'<img src="{escape(speaker.look.logo)}" alt="{name}" height="40" style="height:40px;border:0">'


def _foot(speaker: Speaker, way_out: tuple[str, str] | None) -> str:
    lines = [escape(line) for line in speaker.look.address.splitlines()]
    if way_out:
        address, label = way_out
        lines.append(f'<a href="{escape(address)}" style="color:#666666">{escape(label)}</a>')
    return "<br>\n".join(lines)
