"""`GET /v1/entries/{entry_id}/explanation`: why these points, line by line, to whom it may concern (M12, E31)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import MemberId
from huitou.platform.table import Table
from huitou.points.circumstances import Circumstances
from huitou.points.membership import EntryNotFoundError
from huitou.program.model import GROUP
from huitou.purchases.explaining import Explained, Explanations
from tests.builders import document, program, rule
from tests.contract.targets import REGION
from tests.purchases import NOON, Shop, bill, bread
from tests.serving import MEI, Loaded, both_tables, publish, sample

LINES = (bread(500), bread(460, sku="oolong", category="tea"))


def shop(*rules: dict[str, Any]) -> Shop:
    tea = rule(id="tea", name="Tea", points="2", when={"categories": ["tea"]})
    opened = Shop(program(document(earning=list(rules or (rule(), tea)))))
    opened.enrol()
    return opened


def explained(huitou: Shop, entry_id: str, brand: str = GROUP) -> Explained:
    return Explanations(huitou.purchases, huitou.wallets, huitou.programs).explain(entry_id, "en", brand)


def test_a_sale_is_explained_rule_by_rule_and_line_by_line() -> None:
    """M12, M7: the lines sum up to the entry; the larger remainder has the odd point."""
    huitou = shop()
    (entry,) = huitou.sell(bill("A-1", *LINES)).entries

    said = explained(huitou, entry.id, "maru")

    assert [(told.outcome.rule, told.outcome.points) for told in said.told.rules] == [("base", 9), ("tea", 9)]
    assert said.lines == ((LINES[0], 5), (LINES[1], 4 + 9))
    assert said.seen == Circumstances(first_in_group=True, first_at_brand=True)
    assert sum(points for _, points in said.lines) == entry.amount == 18


def test_a_sale_is_explained_by_the_version_that_decided_it() -> None:
    """M12: whatever was published since; also where a budget cut it, that is empty by now."""
    huitou = shop(rule(budget="9"))
    (entry,) = huitou.sell(bill("A-1", *LINES)).entries
    huitou.programs.publish(program(document(earning=[rule(name="Other", points="5")]), version=2))

    said = explained(huitou, entry.id)

    assert (said.program.version, said.told.rules[0].name) == (1, "Base")
    assert [points for _, points in said.lines] == [5, 4]


def test_what_is_no_sale_has_neither_rules_nor_lines() -> None:
    """M12."""
    huitou = shop()
    entry = huitou.ledger.adjust(10, NOON).entry

    said = explained(huitou, entry.id)

    assert said.told.text == "Maru gave 10 Points by hand on 2026-03-02 12:00.\nThe reason: goodwill"
    assert (said.told.rules, said.lines, said.seen) == ((), (), None)


def test_a_brand_sees_why_it_gave_points_and_of_others_that_they_did() -> None:
    """E31."""
    huitou = shop()
    (entry,) = huitou.sell(bill("A-1", *LINES)).entries

    said = explained(huitou, entry.id, "sora")

    assert said.told.text == "The purchase at Maru on 2026-03-02 12:00 earned 18 Points."
    assert (said.told.rules, said.lines, said.seen) == ((), (), None)


def test_a_brand_that_the_member_has_not_joined_finds_no_entry() -> None:
    """E31: as of a member who does not exist, and of an entry that does not."""
    huitou = Shop()
    huitou.enrol(huitou_member := MemberId("01JMEMBERMEM0000000000MEY0"), "maru")
    (entry,) = huitou.sell(bill()).entries

    for asked, brand in [
        (entry.id, "sora"),
        (entry.id.replace(huitou_member, MEI), "sora"),
        (f"{huitou_member}-points-99", "maru"),
        (f"{huitou_member}-stars-1", "maru"),
    ]:
        with pytest.raises(EntryNotFoundError):
            explained(huitou, asked, brand)


def test_the_points_of_one_brand_are_not_told_of_at_another() -> None:
    """E31, M6: as their wallet is not."""
    huitou = shop(rule(), rule(id="beans", name="Beans", currency="beans"))
    (_, beans) = huitou.sell(bill("S-1", brand="sora", store="s1")).entries

    assert explained(huitou, beans.id, "sora").entry == beans
    with pytest.raises(EntryNotFoundError):
        explained(huitou, beans.id, "maru")


@pytest.mark.parametrize("named", ["", "x", "01JMEMBERMEM0000000000MEY0", "01JMEMBERMEM0000000000MEY0-points-0"])
def test_what_is_no_id_of_an_entry_names_none(named: str) -> None:
    with pytest.raises(NotFoundError):
        explained(shop(), named)


@pytest.fixture
def handler() -> Iterator[Loaded]:
    """The function, with a sale of the sample's member: the second thing in their wallet."""
    with both_tables():
        written = document(earning=[rule(caps=[{"points": "8", "per": "day"}])])
        publish(written)
        huitou = Shop(program(written), Table("members", REGION))
        huitou.enrol(MEI)
        huitou.sell(bill("A-1", *LINES), MEI)
        yield Loaded("serve_wallets")


def asked(**changes: Any) -> dict[str, Any]:
    return {**sample("serve_wallets.explain_entry"), **changes}


def test_the_answer_speaks_the_language_that_is_asked_for(handler: Loaded) -> None:
    """M12: by the header, or by the query, which goes before it."""
    chinese = handler.answer(asked())
    english = handler.answer(
        asked(queryStringParameters={"language": "en"}, multiValueQueryStringParameters={"language": ["en"]})
    )

    assert [each["statusCode"] for each in (chinese, english)] == [200, 200]
    assert chinese["multiValueHeaders"]["Content-Language"] == ["zh-TW"]
    assert json.loads(chinese["body"])["text"].startswith("2026/03/02 12:00 於 Maru 消費，獲得 8 Points。\n")
    body = json.loads(english["body"])
    assert body["text"].split("\n")[1] == (
        "Base: 8. 1 for each TWD 100 of TWD 960. That is 1 less than 9: a day gives 8 at most."
    )
    assert body["rules"] == [
        {
            "rule": "base",
            "name": "Base",
            "fired": True,
            "text": body["text"].split("\n")[1],
            "base": "960",
            "points": "8",
            "cut": "1",
            "cut_by": "day",
            "failed": None,
            "asked": None,
            "found": None,
        }
    ]
    assert [(line["sku"], line["points"]) for line in body["lines"]] == [("bread-1", "4"), ("oolong", "4")]
    assert body["seen"] == {
        "tier": None,
        "segments": [],
        "birthday_month": False,
        "first_in_group": True,
        "first_at_brand": True,
        "used": {},
    }
    assert body["entry"]["points"] == "8"


def test_whoever_may_not_read_points_gets_no_explanation(handler: Loaded) -> None:
    """M35."""
    event = asked()
    event["requestContext"]["authorizer"]["permissions"] = "points:write"

    assert handler.answer(event)["statusCode"] == 403
