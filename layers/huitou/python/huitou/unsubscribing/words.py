"""What the page says, in the languages that it speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from huitou.kernel.channels import MessageChannel


@dataclass(frozen=True, slots=True)
class Words:
    """``{brand}`` is who writes, ``{channel}`` what by."""

    language: str
    channels: Mapping[MessageChannel, str]
    question: str
    question_more: str
    stopped: str
    stopped_all: str
    stopped_more: str
    resumed: str
    stop: str
    stop_all: str
    resume: str
    unknown: str
    unknown_more: str
    failed: str
    failed_more: str


CHINESE: Final = Words(
    language="zh-TW",
    channels=MappingProxyType(
        {MessageChannel.EMAIL: "電子郵件", MessageChannel.SMS: "簡訊", MessageChannel.LINE: " LINE"}
    ),
    question="不想再收到{brand}的{channel}嗎？",
    question_more="{brand}在您同意後，用{channel}傳行銷訊息給您。您可以隨時取消。",
    stopped="已取消。{brand}不會再用{channel}傳行銷訊息給您。",
    stopped_all="已取消。{brand}不會再傳任何行銷訊息給您。",
    stopped_more="您必須知道的事，例如交易通知，仍可能通知您。",
    resumed="已恢復。{brand}會再用{channel}傳訊息給您。",
    stop="不再收到{brand}的{channel}",
    stop_all="也不再收到{brand}的任何行銷訊息，不論用什麼方式",
    resume="還是想收到{brand}的{channel}",
    unknown="這個連結無法使用",
    unknown_more="連結可能不完整。請從訊息中重新開啟，或向門市人員洽詢。",
    failed="暫時無法處理",
    failed_more="請稍後再試一次。",
)
ENGLISH: Final = Words(
    language="en",
    channels=MappingProxyType({MessageChannel.EMAIL: "email", MessageChannel.SMS: "SMS", MessageChannel.LINE: "LINE"}),
    question="No more from {brand} by {channel}?",
    question_more="You agreed that {brand} may send you marketing by {channel}. You can end this at any time.",
    stopped="Done. {brand} will send you no more marketing by {channel}.",
    stopped_all="Done. {brand} will send you no more marketing at all.",
    stopped_more="You may still be told what you have to know, for example about a purchase.",
    resumed="Welcome back. {brand} will write to you by {channel} again.",
    stop="No more by {channel}",
    stop_all="No more marketing from {brand} at all, by any channel",
    resume="Get it by {channel} again",
    unknown="This link does not work",
    unknown_more="Perhaps a part of it is missing. Open it again from the message, or ask in one of the stores.",
    failed="That did not work",
    failed_more="Please try again in a moment.",
)
_BY_LANGUAGE: Final = MappingProxyType({"zh": CHINESE, "en": ENGLISH})
_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,60})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
"""A language of `Accept-Language` and how much it is wanted (RFC 9110)."""
_MOST_LANGUAGES: Final = 20


def words_for(member: str | None, accepted: str) -> Words:
    """In the member's language, else in the first that the browser asks for and we speak, else in English.

    ``member`` is a BCP 47 tag, ``accepted`` the header `Accept-Language`, or nothing.
    """
    for each in ([member] if member else []) + _wanted(accepted):
        if words := _BY_LANGUAGE.get(each.partition("-")[0].lower()):
            return words
    return ENGLISH


def _wanted(accepted: str) -> list[str]:
    """The first words of language tags, the most wanted first."""
    found = [_RANGE.fullmatch(each) for each in accepted.split(",")[:_MOST_LANGUAGES]]
    weighed = [(float(each[2] or 1), each[1]) for each in found if each]
    return [language for weight, language in sorted(weighed, key=lambda each: -each[0]) if weight]
