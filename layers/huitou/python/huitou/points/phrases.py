"""The words of explanations (M12), in the languages that members read.

A phrase is chosen by what it is about and filled in with `str.format`. Both languages have the same phrases with the
same blanks; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["zh-TW", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    comma: str
    nothing: str
    group: str
    clock: str
    """How instants are written, for `datetime.strftime`."""
    entries: Mapping[str, str]
    """What an entry did, by its type, and ``<type>.<case>`` where there are several."""
    rules: Mapping[str, str]
    """What a rule gave, or why it gave nothing."""
    conditions: Mapping[str, str]
    """Why a condition did not hold, by its name."""
    cuts: Mapping[str, str]
    """What cut the points of a rule."""
    weekdays: Mapping[str, str]


def words_of(language: Language) -> Words:
    return _WORDS[language]


def preferred(accepted: str | None) -> Language:
    """The language that an ``Accept-Language`` header asks for; English, where it asks for none of ours.

    All Chinese is answered in Traditional Chinese.
    """
    wanted = []
    for place, part in enumerate((accepted or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        wanted.append((-_weight(weight), place, tag.lower()))
    for rank, _, tag in sorted(wanted):
        if rank < 0 and tag.split("-")[0] in {"zh", "en"}:
            return "zh-TW" if tag.startswith("zh") else "en"
    return "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


_ENGLISH = Words(
    comma=", ",
    nothing="none",
    group="the group",
    clock="%Y-%m-%d %H:%M",
    entries={
        "earn": "The purchase at {brand} on {at} earned {points} {currency}.",
        "earn.nothing": "The purchase at {brand} on {at} earned no {currency}.",
        "activate": "{points} {currency} can be spent since {at}.",
        "expire": "{points} {currency} expired on {at}.",
        "expire.by_hand": "{points} {currency} were ended by {brand} on {at}.",
        "redeem": "{points} {currency} were spent at {brand} on {at}, those that end first.",
        "reverse": "{points} {currency} came back on {at}: {brand} reversed what had been paid with them.",
        "adjust.given": "{brand} gave {points} {currency} by hand on {at}.",
        "adjust.taken": "{brand} took {points} {currency} by hand on {at}.",
        "adjust.opening": "{points} {currency} of {brand} were brought along from another system and count since {at}.",
        "adjust.campaign": "{brand} gave {points} {currency} on {at}.",
        "visit": "The visit to {brand} on {at} keeps {currency} alive for longer.",
        "hold": "{points} {currency} are set aside for {brand} since {at}, until {ends_at} at the latest.",
        "capture": "{points} {currency} that had been set aside were spent at {brand} on {at}.",
        "release": "{points} {currency} that had been set aside for {brand} came back on {at}.",
        "release.ended": "{points} {currency} came back on {at}: the time for which they were set aside was over.",
        "take_back": "A refund at {brand} on {at} took back {points} {currency} of the {owed} that the returned goods "
        "had earned. {waived} were waived, {debt} are owed.",
        "give_back": "{points} {currency} that had paid for returned goods came back from {brand} on {at}.",
        "repay": "{points} {currency} paid off what was owed, on {at}. {owing} are still owed.",
        "reinstate": "{brand} gave {points} expired {currency} again on {at}.",
        "send": "{points} {currency} were given to another member on {at}.",
        "receive": "{points} {currency} came from another member on {at}. They end no later than they would have.",
        "convert_out": "{points} {currency} were changed into other points on {at}.",
        "convert_in": "{points} {currency} came from other points on {at}. They end no later than those would have.",
        "hand_over": "{points} {currency} went over to another record of the same person on {at}.",
        "take_over": "{points} {currency} came from another record of the same person on {at}. They end when they "
        "would have.",
        "reason": "The reason: {reason}",
    },
    rules={
        "rate": "{name}: {points}. {of} for each {per} of {base}.",
        "bonus": "{name}: {points}, once for the purchase.",
        "multiplier": "{name}: {points} more. {times} times what {base} earned.",
        "gone": "{name}: {points}, for {base}.",
        "cut": "That is {cut} less than {whole}: {cut_by}.",
        "failed": "{name}: nothing. {why}",
        "excluded": "{name}: nothing, for “{other}” pays and the two do not go together.",
        "outdone": "{name}: nothing, for “{other}” pays, and only one of them can.",
        "version": "Decided by version {version} of the programme.",
    },
    conditions={
        "brands": "It holds at {asked}; this was at {found}.",
        "stores": "It holds at the stores {asked}; this was {found}.",
        "regions": "It holds in {asked}; this was in {found}.",
        "channels": "It holds for {asked}; this came by {found}.",
        "dates": "It holds {asked}; this was on {found}.",
        "weekdays": "It holds on {asked}; this was a {found}.",
        "hours": "It holds {asked}; this was at {found}.",
        "tiers": "It is for {asked}; the tier was then: {found}.",
        "segments": "It is for members of {asked}; then it was: {found}.",
        "first_purchase": "It is for the first purchase in the group; this was not the first.",
        "first_purchase.brand": "It is for the first purchase at a brand; this was not the first at {found}.",
        "birthday_month": "It is for the month of the birthday; this was in month {found}.",
        "payments": "It asks for payment by {asked}; it was: {found}.",
        "categories": "It counts {asked}; bought were: {found}.",
        "skus": "It counts {asked}; bought were: {found}.",
        "minimum": "It asks for {asked} at least; what counts came to {found}.",
    },
    cuts={
        "purchase": "one purchase gives {limit} at most",
        "day": "a day gives {limit} at most",
        "month": "a month gives {limit} at most",
        "campaign": "the whole campaign gives {limit} at most",
        "lifetime": "it gives a member {limit} at most",
        "budget": "what there was for all members is used up",
    },
    weekdays={
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
    },
)

_CHINESE = Words(
    comma="、",
    nothing="無",
    group="集團",
    clock="%Y/%m/%d %H:%M",
    entries={
        "earn": "{at} 於 {brand} 消費，獲得 {points} {currency}。",
        "earn.nothing": "{at} 於 {brand} 消費，未獲得 {currency}。",
        "activate": "{points} {currency} 自 {at} 起可以使用。",
        "expire": "{points} {currency} 已於 {at} 到期。",
        "expire.by_hand": "{brand} 於 {at} 終止 {points} {currency}。",
        "redeem": "{at} 於 {brand} 使用 {points} {currency}，先到期的先用。",
        "reverse": "{brand} 取消了先前的兌換，{points} {currency} 於 {at} 歸還。",
        "adjust.given": "{brand} 於 {at} 人工補給 {points} {currency}。",
        "adjust.taken": "{brand} 於 {at} 人工扣除 {points} {currency}。",
        "adjust.opening": "由先前的系統轉入 {brand} 的 {points} {currency}，自 {at} 起計。",
        "adjust.campaign": "{brand} 於 {at} 贈送 {points} {currency}。",
        "visit": "{at} 到訪 {brand}，{currency} 的效期因此延長。",
        "hold": "{brand} 自 {at} 起保留 {points} {currency}，最晚保留到 {ends_at}。",
        "capture": "{at} 於 {brand} 使用先前保留的 {points} {currency}。",
        "release": "先前為 {brand} 保留的 {points} {currency} 於 {at} 歸還。",
        "release.ended": "保留時間已過，{points} {currency} 於 {at} 歸還。",
        "take_back": "{at} 於 {brand} 退貨，商品所得的 {owed} {currency} 中收回 {points}；免收 {waived}，待補 {debt}。",
        "give_back": "退回商品時折抵的 {points} {currency}，由 {brand} 於 {at} 歸還。",
        "repay": "{at} 以 {points} {currency} 補足先前待補的點數，尚待補 {owing}。",
        "reinstate": "{brand} 於 {at} 重新給予已到期的 {points} {currency}。",
        "send": "{at} 將 {points} {currency} 轉贈給另一位會員。",
        "receive": "{at} 收到另一位會員轉贈的 {points} {currency}，效期不會因此延長。",
        "convert_out": "{at} 將 {points} {currency} 轉換為其他點數。",
        "convert_in": "{at} 由其他點數轉換而得 {points} {currency}，效期不會因此延長。",
        "hand_over": "{at} 會員資料合併或還原，{points} {currency} 轉至另一筆資料。",
        "take_over": "{at} 會員資料合併或還原，由另一筆資料轉入 {points} {currency}，效期不變。",
        "reason": "原因：{reason}",
    },
    rules={
        "rate": "「{name}」：{points} 點。計入 {base}，每 {per} 給 {of} 點。",
        "bonus": "「{name}」：{points} 點，每次消費給一次。",
        "multiplier": "「{name}」：再加 {points} 點。計入 {base}，所得為 {times} 倍。",
        "gone": "「{name}」：{points} 點，計入 {base}。",
        "cut": "原可得 {whole} 點，少給 {cut} 點：{cut_by}。",
        "failed": "「{name}」：未給點。{why}",
        "excluded": "「{name}」：未給點。已適用「{other}」，兩者不可並用。",
        "outdone": "「{name}」：未給點。已適用「{other}」，兩者擇一。",
        "version": "依會員方案第 {version} 版計算。",
    },
    conditions={
        "brands": "適用於 {asked}；本次在 {found}。",
        "stores": "適用於門市 {asked}；本次為 {found}。",
        "regions": "適用於 {asked} 地區；本次為 {found}。",
        "channels": "適用通路：{asked}；本次為 {found}。",
        "dates": "適用日期：{asked}；本次為 {found}。",
        "weekdays": "適用於 {asked}；本次為 {found}。",
        "hours": "適用時段：{asked}；本次為 {found}。",
        "tiers": "適用等級：{asked}；當時等級：{found}。",
        "segments": "適用於 {asked} 會員；當時為：{found}。",
        "first_purchase": "限集團內首次消費；本次並非首次。",
        "first_purchase.brand": "限於品牌首次消費；本次並非在 {found} 的首次消費。",
        "birthday_month": "限生日當月；本次在 {found} 月。",
        "payments": "須以 {asked} 付款；本次為：{found}。",
        "categories": "適用品類：{asked}；本次購買：{found}。",
        "skus": "適用商品：{asked}；本次購買：{found}。",
        "minimum": "須滿 {asked}；本次計入 {found}。",
    },
    cuts={
        "purchase": "每次消費最多 {limit} 點",
        "day": "每日最多 {limit} 點",
        "month": "每月最多 {limit} 點",
        "campaign": "活動期間最多 {limit} 點",
        "lifetime": "每位會員最多 {limit} 點",
        "budget": "活動點數已全數送完",
    },
    weekdays={"mon": "週一", "tue": "週二", "wed": "週三", "thu": "週四", "fri": "週五", "sat": "週六", "sun": "週日"},
)

_WORDS: Mapping[Language, Words] = {"zh-TW": _CHINESE, "en": _ENGLISH}
