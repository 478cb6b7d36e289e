"""Every entry in words, in the member's language (M12)."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import Any

import pytest

from huitou.points.circumstances import Circumstances
from huitou.points.earning import earnings
from huitou.points.explanation import tell
from huitou.points.phrases import LANGUAGES, Words, preferred, words_of
from huitou.points.wallet import Balance, Cause, Entry, EntryType, LotChange
from huitou.program.model import Program
from tests.builders import MEI, Line, Paid, SaleSeen, at, document, lot, program, rule, sale

NOON = at("2026-03-02 12:00")
TIERS = {
    "measure": "spend",
    "window": {"type": "rolling", "days": 365},
    "levels": [{"id": "green", "name": "Green", "threshold": "0"}, {"id": "gold", "name": "Gold", "threshold": "9000"}],
}


def entry(kind: EntryType, amount: int = 0, **changes: Any) -> Entry:
    """An entry at maru, at noon."""
    fields: dict[str, Any] = {
        "member": MEI,
        "currency": "points",
        "version": 7,
        "type": kind,
        "amount": amount,
        "changes": (LotChange(amount, lot()),),
        "effective_at": NOON,
        "recorded_at": NOON,
        "cause": Cause("purchase", "x"),
        "program_version": 1,
        "balance": Balance(0, 0),
        "brand": "maru",
    }
    return Entry(**{**fields, **changes})


def earned(version: Program, seen: SaleSeen | None = None, **member: Any) -> Entry:
    earning = earnings(seen or sale(), version, Circumstances(**member))["points"]
    return entry(EntryType.EARN, earning.points, explanation=earning.outcomes)


def told(version: Program, of: Entry, language: str = "en") -> list[str]:
    return tell(of, version, "en" if language == "en" else "zh-TW").text.split("\n")


def one(written: dict[str, Any], seen: SaleSeen | None = None, **member: Any) -> str:
    """What is said of one rule."""
    version = program(document(earning=[written], segments=["vips"], tiers=TIERS))
    return told(version, earned(version, seen, **member))[1]


def test_a_sale_is_told_rule_by_rule() -> None:
    """M12: what it gave, for what, and by which version."""
    version = program(
        document(
            earning=[
                rule(name="Base"),
                {"id": "double", "name": "Double", "currency": "points", "times": "2.5"},
                {"id": "gift", "name": "Gift", "currency": "points", "points": "5"},
                rule(id="app", name="App", when={"channels": ["app"]}),
            ]
        ),
        version=3,
    )
    said = replace(earned(version), program_version=3)

    assert told(version, said) == [
        "The purchase at Maru on 2026-03-02 12:00 earned 30 Points.",
        "Base: 10. 1 for each TWD 100 of TWD 1000.",
        "Double: 15 more. 2.5 times what TWD 1000 earned.",
        "Gift: 5, once for the purchase.",
        "App: nothing. It holds for app; this came by store.",
        "Decided by version 3 of the programme.",
    ]
    assert told(version, said, "zh") == [
        "2026/03/02 12:00 於 Maru 消費，獲得 30 Points。",
        "「Base」：10 點。計入 TWD 1000，每 TWD 100 給 1 點。",
        "「Double」：再加 15 點。計入 TWD 1000，所得為 2.5 倍。",
        "「Gift」：5 點，每次消費給一次。",
        "「App」：未給點。適用通路：app；本次為 store。",
        "依會員方案第 3 版計算。",
    ]


def test_a_sale_that_earned_nothing_says_so() -> None:
    version = program(document(earning=[rule()]))

    assert told(version, earned(version, sale(Line(99))))[:2] == [
        "The purchase at Maru on 2026-03-02 12:00 earned no Points.",
        "Base: 0. 1 for each TWD 100 of TWD 99.",
    ]


@pytest.mark.parametrize(
    ("when", "seen", "why"),
    [
        ({"brands": ["sora"]}, {}, "It holds at Sora; this was at Maru."),
        ({"stores": ["s1"]}, {}, "It holds at the stores Sora Ginza; this was Maru Xinyi."),
        ({"stores": ["s1"]}, {"store": None}, "It holds at the stores Sora Ginza; this was none."),
        ({"regions": ["abroad"]}, {}, "It holds in abroad; this was in north."),
        (
            {"dates": {"from": "2026-04-01", "to": "2026-04-30"}},
            {},
            "It holds 2026-04-01 – 2026-04-30; this was on 2026-03-02.",
        ),
        ({"dates": {"from": "2026-04-01"}}, {}, "It holds 2026-04-01 –; this was on 2026-03-02."),
        ({"weekdays": ["sun", "sat"]}, {}, "It holds on Saturday, Sunday; this was a Monday."),
        ({"hours": {"from": "14:00", "to": "17:00"}}, {}, "It holds 14:00 – 17:00; this was at 12:00."),
        ({"tiers": ["gold"]}, {}, "It is for Gold; the tier was then: Green."),
        ({"segments": ["vips"]}, {}, "It is for members of vips; then it was: none."),
        (
            {"first_purchase": "group"},
            {},
            "It is for the first purchase in the group; this was not the first.",
        ),
        (
            {"first_purchase": "brand"},
            {},
            "It is for the first purchase at a brand; this was not the first at Maru.",
        ),
        ({"birthday_month": True}, {}, "It is for the month of the birthday; this was in month 03."),
        ({"payments": ["card"]}, {"payments": (Paid("cash"),)}, "It asks for payment by card; it was: cash."),
        ({"categories": ["tea", "bread"]}, {}, "It counts bread, tea; bought were: none."),
        ({"skus": ["oolong"]}, {}, "It counts oolong; bought were: bread-1."),
        ({"minimum": "1500"}, {}, "It asks for TWD 1500 at least; what counts came to TWD 1000."),
    ],
)
def test_every_condition_says_what_it_asked_and_what_it_found(
    when: dict[str, Any], seen: dict[str, Any], why: str
) -> None:
    """M12."""
    assert one(rule(when=when), sale(**seen), tier="green") == f"Base: nothing. {why}"


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ({"caps": [{"points": "4", "per": "purchase"}]}, "one purchase gives 4 at most"),
        ({"caps": [{"points": "4", "per": "lifetime"}]}, "it gives a member 4 at most"),
        ({"budget": "4"}, "what there was for all members is used up"),
    ],
)
def test_a_cut_says_what_was_cut_and_by_what(limit: dict[str, Any], why: str) -> None:
    """M12."""
    assert one(rule(**limit)) == (f"Base: 4. 1 for each TWD 100 of TWD 1000. That is 6 less than 10: {why}.")


def test_a_rule_that_another_prevents_names_it() -> None:
    """M12."""
    gift = {"id": "gift", "name": "Gift", "currency": "points", "points": "50", "excludes": ["base"]}
    version = program(
        document(
            earning=[rule(), gift, rule(id="less", name="Less", stack="one"), gift | {"id": "more", "stack": "one"}],
            stacks=[{"id": "one", "combine": "best_of"}],
        )
    )

    said = told(version, earned(version))

    assert said[1] == "Base: nothing, for “Gift” pays and the two do not go together."
    assert said[3] == "Less: nothing, for “Gift” pays, and only one of them can."


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (entry(EntryType.ACTIVATE, 10), "10 Points can be spent since 2026-03-02 12:00."),
        (entry(EntryType.EXPIRE, -10, cause=Cause("clock", "clock")), "10 Points expired on 2026-03-02 12:00."),
        (
            entry(EntryType.EXPIRE, -10, reason="closed"),
            "10 Points were ended by Maru on 2026-03-02 12:00.\nThe reason: closed",
        ),
        (entry(EntryType.REDEEM, -10), "10 Points were spent at Maru on 2026-03-02 12:00, those that end first."),
        (
            entry(EntryType.ADJUST, 10, reason="goodwill"),
            "Maru gave 10 Points by hand on 2026-03-02 12:00.\nThe reason: goodwill",
        ),
        (
            entry(EntryType.ADJUST, 10, cause=Cause("campaign", "birthday/2026/0"), reason="Your birthday"),
            "Maru gave 10 Points on 2026-03-02 12:00.\nThe reason: Your birthday",
        ),
        (entry(EntryType.ADJUST, -10), "Maru took 10 Points by hand on 2026-03-02 12:00."),
        (
            entry(EntryType.HOLD, -10, ends_at=at("2026-03-02 13:00")),
            "10 Points are set aside for Maru since 2026-03-02 12:00, until 2026-03-02 13:00 at the latest.",
        ),
        (
            entry(EntryType.RELEASE, 10, cause=Cause("clock", "clock")),
            "10 Points came back on 2026-03-02 12:00: the time for which they were set aside was over.",
        ),
        (
            entry(EntryType.TAKE_BACK, -5, waived=3, debt=2),
            "A refund at Maru on 2026-03-02 12:00 took back 5 Points of the 10 that the returned goods had earned. "
            "3 were waived, 2 are owed.",
        ),
        (
            entry(EntryType.REPAY, -5, debt=-5, balance=Balance(0, 0, 0, 4)),
            "5 Points paid off what was owed, on 2026-03-02 12:00. 4 are still owed.",
        ),
    ],
)
def test_other_entries_have_a_sentence_of_their_own(of: Entry, sentence: str) -> None:
    """M12: no rules, no version."""
    assert tell(of, program(), "en").text == sentence


@pytest.mark.parametrize("kind", EntryType)
@pytest.mark.parametrize("amount", [-10, 0, 10])
def test_no_entry_is_without_words(kind: EntryType, amount: int) -> None:
    """M12: whatever it did, in both languages."""
    for language in LANGUAGES:
        assert tell(entry(kind, amount), program(), language).text


def test_both_languages_say_the_same_things() -> None:
    """M12: the same phrases, with the same blanks."""
    chinese, english = (_blanks(words_of(language)) for language in LANGUAGES)

    assert chinese == english


def _blanks(words: Words) -> dict[str, set[str]]:
    phrases = {
        f"{name}/{key}": text
        for name in ("entries", "rules", "conditions", "cuts", "weekdays")
        for key, text in getattr(words, name).items()
    }
    return {name: {blank for _, blank, _, _ in Formatter().parse(text) if blank} for name, text in phrases.items()}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-TW"),
        ("en;q=0.8, zh;q=0.9", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("fr, ja;q=0.5", "en"),
        ("fr, zh;q=0.5", "zh-TW"),
        ("zh;q=0, en;q=0.1", "en"),
        ("zh;q=rubbish", "en"),
    ],
)
def test_the_language_is_the_one_asked_for(accepted: str | None, language: str) -> None:
    assert preferred(accepted) == language
