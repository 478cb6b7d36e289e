"""All that is kept of a person is handed over (M4, E25), on tables in this process, over the functions themselves."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from huitou.campaigns.model import Journey, JourneyId
from huitou.campaigns.store import TableJourneys
from huitou.kernel.ids import MemberId
from huitou.outbox.model import Cause
from huitou.outbox.store import TableOutbox
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.rewards.decisions import use
from huitou.rewards.store import TableCoupons
from infra.routes import ROUTES
from tests.builders import document
from tests.contract.targets import REGION
from tests.coupons import coupon, used
from tests.gateway import GROUP_KEY, request
from tests.merging import TIERS
from tests.serving import Loaded, both_tables, publish, sample
from tests.templates import speaking, template

CAKE = {"id": "cake", "name": "生日蛋糕", "brand": "maru", "valid_days": 30}
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
EXPORT = "/v1/members/{member_id}/export"
SHOWN_AS = {
    "PROFILE": "member",
    "STANDING": "tiers",
    "WALLET": "wallet",
    "CONSENT": "consent",
    "MERGED": "member_before_merge",
    "PURCHASE": "purchase",
    "EVENT": "event",
    "ENTRY": "entry",
    "MESSAGE": "message",
    "JOURNEY": "journey",
    "COUPON": "coupon",
    "REFUND": "refund",
    "MERGE": "merge",
}
"""By the first word of the key in the partition, or of the partition; a command is shown as what it is."""
POINTERS = {"IDENTITY", "RECEIPT", "CODE"}
"""Digests and codes that lead to what is the member's, and say nothing of them."""
NOT_WORDS = {
    *("pk", "sk", "due_pk", "due_sk", "members_pk", "segments_pk", "segments_sk"),  # where the item lies
    *("lots", "holds", "debts", "returns"),  # numbers, packed
}


class People:
    """Mei, who is two records, and Lin, over the API; the group's key does everything."""

    def __init__(self) -> None:
        self.sent = 0
        self.functions = Loaded(*(name for name in ROUTES if name in _NEEDED))
        for module in self.functions.modules.values():
            module.app._clock = lambda: NOW + timedelta(seconds=self.sent)

    def do(self, method: str, route: str, body: Any = None, **path: str) -> Any:
        """The answer to a request that goes well."""
        self.sent += 1
        headers = {"Idempotency-Key": f"key-{self.sent}"}
        answered = self.functions.answer(request(method, route, path=path or None, headers=headers, body=body))
        assert answered["statusCode"] < 300, answered["body"]
        return json.loads(answered["body"])

    def enrol(self, *identities: Any, brand: str = "maru", **profile: str) -> str:
        body = {"identities": identities, "brand": brand, "profile": profile}
        found: str = self.do("POST", "/v1/members", body)["member_id"]
        return found

    def buy(self, member: str, number: str, amount: str, **more: Any) -> Any:
        line = {"sku": f"sku-of-{number}", "category": "bread", "quantity": "1", "amount": amount}
        receipt = {"store": "m1", "terminal": "3", "receipt": number, "occurred_at": "2026-03-01T12:00:00+08:00"}
        paid = {"currency": "TWD", "total": amount, "payments": [{"method": "cash", "amount": amount}]}
        sale = {"member": {"id": member}, "brand": "maru", **receipt, **paid, "lines": [line]}
        return self.do("POST", "/v1/purchases", {**sale, **more})

    def lead(self, member: str, target: str) -> None:
        """There, by a link in the member's only message."""
        table = Table("members", REGION)
        outbox = TableOutbox(table)
        (told,) = outbox.of_members([MemberId(member)], None, after=None, limit=2).items
        table.commit([outbox.save(told, replace(told, version=told.version + 1, targets=(target,)))])

    def begin(self, member: str, campaign: str) -> None:
        """With the member, for their birthday."""
        table = Table("members", REGION)
        named = JourneyId(MemberId(member), Cause(campaign, "2026"))
        table.commit([TableJourneys(table).add(Journey(named, 1, NOW, 0, NOW))])

    def give(self, member: str) -> None:
        """A coupon, which they have used."""
        table = Table("members", REGION)
        given = coupon(id=coupon().id._replace(member=MemberId(member)))
        table.commit(TableCoupons(table).add(use(given, used("K-1", client_reference="her coupon"))))

    def export(self, member: str, limit: int = 100) -> list[dict[str, Any]]:
        """All pages."""
        records: list[dict[str, Any]] = []
        query = {"limit": str(limit)}
        while True:
            page = self.page(member, query)
            records += page["records"]
            if page["next_cursor"] is None:
                return records
            query["cursor"] = page["next_cursor"]

    def page(self, member: str, query: dict[str, str], key: Any = GROUP_KEY) -> Any:
        self.sent += 1
        asked = request("GET", EXPORT, path={"member_id": member}, query=query, key=key)
        return json.loads(self.functions.answer(asked)["body"])


_NEEDED = {
    *("serve_members", "serve_records", "serve_messages"),
    *("record_purchases", "refund_purchases", "serve_checkouts", "serve_wallets"),
}


@pytest.fixture(scope="module")
def people() -> Iterator[People]:
    currencies = [dict(each) for each in document()["point_currencies"]]
    currencies[0]["transferable"] = True
    with both_tables():
        publish(speaking(template(), tiers=TIERS, point_currencies=currencies, coupons=[CAKE]))
        yield People()


@pytest.fixture(scope="module")
def story(people: People) -> tuple[str, str, str]:
    """Mei with everything that may be known of somebody, the card that was merged into her, and Lin, a friend."""
    staff_proof = {"method": "staff", "reason": "showed her passport"}
    mei = people.enrol(
        {"phone": "0912-345-678", "proof": staff_proof},
        {"email": "mei@example.com"},
        name="王小美",
        birthday="1990-03-04",
        contact_email="family@example.com",
    )
    card = people.enrol({"card": "CARD-4711"}, name="小美", language="zh-TW")
    lin = people.enrol({"phone": "0987-654-321"}, name="林林")
    consent = "/v1/members/{member_id}/consents/{channel}/{brand}/{purpose}"
    for granted, source in ((True, "said at the till"), (False, "wrote a letter")):
        about = {"member_id": mei, "channel": "sms", "brand": "group", "purpose": "offers"}
        said_at = f"2026-03-0{1 + granted}T10:00:00+08:00"
        people.do("PUT", consent, {"granted": granted, "source": source, "occurred_at": said_at}, **about)
    people.do("PUT", "/v1/members/{member_id}/tags/{tag}", member_id=mei, tag="vip")
    sold = people.buy(mei, "A-1", "9000", client_reference="her first sale")
    people.buy(card, "A-2", "2000", client_reference="a sale to the other card")
    gift = people.buy(mei, "A-3", "1000", client_reference="the sale that was Lin's")
    moved = {"member": {"id": lin}, "reason": "the card of the friend before", "actor": "staff-6"}
    people.do("POST", "/v1/purchases/{purchase_id}/move", moved, purchase_id=gift["purchase_id"])
    back = {
        "refund_id": "R-1",
        "purchase": {"purchase_id": sold["purchase_id"]},
        "occurred_at": "2026-03-02T11:00:00+08:00",
    }
    people.do("POST", "/v1/refunds", {**back, "reason": "mould on it", "client_reference": "her refund", **_PART})
    visit = {"source": "tables", "event_id": "B-1", "occurred_at": "2026-03-02T11:00:00+08:00", "type": "booking"}
    told = {"brand": "maru", "data": {"note": "a table for her birthday"}, "client_reference": "her visit"}
    people.do("POST", "/v1/events", {"member": {"id": mei}, "store": "m1", **visit, **told})
    spend = {"member": {"id": mei}, "brand": "maru", "points": "3", "store": "m1"}
    redeemed = people.do("POST", "/v1/redemptions", {**spend, "client_reference": "her redemption"})
    people.do("POST", "/v1/redemptions/{redemption_id}/reversal", redemption_id=redeemed["redemption_id"])
    people.do("POST", "/v1/holds", {**spend, "client_reference": "her hold"})
    note = {"message": "happy birthday", "client_reference": "her gift", "brand": "maru"}
    people.do("POST", "/v1/transfers", {"from": {"id": mei}, "to": {"id": lin}, "points": "2", **note})
    thanks = {"message": "thank you, Mei", "client_reference": "Lin's gift", "brand": "maru"}
    people.do("POST", "/v1/transfers", {"from": {"id": lin}, "to": {"id": mei}, "points": "1", **thanks})
    sorry = {"reason": "a cold coffee", "actor": "desk-7", "client_reference": "her case", "brand": "maru"}
    people.do("POST", "/v1/adjustments", {"member": {"id": mei}, "points": "5", **sorry})
    grant = {"tier": "gold", "reason": "a friend of the house", "actor": "desk-8"}
    people.do("POST", "/v1/members/{member_id}/tier", grant, member_id=mei)
    merge = {"survivor": mei, "absorbed": card, "reason": "the same voice", "actor": "desk-9"}
    people.do("POST", "/v1/merges", {**merge, "client_reference": "her merge"})
    told = {"template": "hello", "channels": ["sms", "email"], "client_reference": "her message"}
    people.do("POST", "/v1/members/{member_id}/messages", told, member_id=mei)
    people.lead(mei, "https://huitou.example/for/Mei")
    people.begin(mei, "birthday-gift")
    people.give(card)
    people.buy(mei, "A-4", "500", client_reference="a sale after the merge")
    return mei, card, lin


_PART: dict[str, Any] = {"brand": "maru", "lines": [{"line": 0, "quantity": "0.5"}]}


def test_every_word_that_is_kept_of_a_person_is_handed_over(people: People, story: tuple[str, str, str]) -> None:
    """E25: item by item, whatever says their name, their id or one of their cards'; E15: under all of their names."""
    mei, card, _ = story
    text = json.dumps(people.export(mei), ensure_ascii=False)
    items = list(_items_about(mei, card))
    assert {_kind(item) for item in items} >= {*SHOWN_AS, "COMMAND"}
    missing = [(item["pk"], item["sk"], word) for item in items for word in _words_of(item) if word not in text]
    assert missing == []


def test_every_item_is_a_record_once(people: People, story: tuple[str, str, str]) -> None:
    """E25: an item of a kind that nobody has thought of fails here."""
    mei, card, _ = story
    records = people.export(mei)
    kept = Counter(
        item.get("type", {"S": "marker"})["S"] if _kind(item) == "COMMAND" else SHOWN_AS[_kind(item)]
        for item in _items_about(mei, card)
    )
    assert kept.pop("marker") == 2  # of a grant, which is in the tiers, and of a message
    kept["tiers"] = 2  # of the card there was nothing to tell them from
    assert Counter(record["type"] for record in records) == kept


def test_pages_of_any_size_hold_the_same(people: People, story: tuple[str, str, str]) -> None:
    """E33: in the same order; only what lies behind two records may come with each where they are on two pages."""
    mei, _, _ = story
    whole = people.export(mei)
    pieces = people.export(mei, limit=1)
    assert [record["type"] for record in whole[:3]] == ["member", "tiers", "wallet"]
    assert list(dict.fromkeys(map(_text, pieces))) == list(map(_text, whole))


def test_nothing_of_a_friend_is_told(people: People, story: tuple[str, str, str]) -> None:
    """E31: of who gave points, or got some, the id alone."""
    mei, _, lin = story
    text = _text(people.export(mei))
    assert lin in text
    assert not [word for word in ("林林", "0987", "987654321") if word in text]
    assert not [
        record for record in people.export(mei) if record["type"] == "entry" and lin in record["content"]["entry_id"]
    ]


def test_who_was_merged_is_handed_over_as_who_they_are(people: People, story: tuple[str, str, str]) -> None:
    """E15."""
    mei, card, _ = story
    assert people.export(card) == people.export(mei)


def test_it_is_written_down_who_took_whose_once(people: People) -> None:
    """M35: with the first page."""
    mei = people.enrol({"card": "CARD-1"})
    people.buy(mei, "B-1", "500")
    people.export(mei, limit=1)
    table: Any = boto3.client("dynamodb", region_name=REGION)
    audit = [item for item in table.scan(TableName="program")["Items"] if item.get("subject", {}).get("S") == mei]
    assert [(item["action"]["S"], item["actor"]["S"]) for item in audit] == [("member_exported", GROUP_KEY["key_id"])]


def test_who_was_erased_is_not_handed_over(people: People) -> None:
    """E25: 410, also between two pages."""
    mei = people.enrol({"card": "CARD-2"})
    people.buy(mei, "B-2", "500")
    cursor = people.page(mei, {"limit": "1"})["next_cursor"]
    people.do("POST", "/v1/members/{member_id}/erasure", {"reason": "asked", "actor": "dpo"}, member_id=mei)
    assert people.page(mei, {})["code"] == "member_erased"
    assert people.page(mei, {"cursor": cursor})["code"] == "member_erased"


@pytest.mark.parametrize("cursor", ["bTE", "MDFKTUVNQkVS", ""])
def test_a_cursor_of_another_list_is_refused(people: People, cursor: str) -> None:
    """E30."""
    mei = people.enrol({"card": "CARD-3"})
    assert people.page(mei, {"cursor": cursor})["code"] == "invalid_cursor"


def test_a_brand_may_not_export(people: People) -> None:
    """E31: it is the group's; and nothing but its own permission opens it."""
    mei = people.enrol({"card": "CARD-4"})
    assert people.page(mei, {}, {**GROUP_KEY, "brand": "maru"})["code"] == "foreign_brand"
    assert people.page(mei, {}, {**GROUP_KEY, "permissions": "members:read"})["code"] == "missing_permission"


def test_the_sample_of_an_export(people: People) -> None:
    """Nobody is there by that id."""
    assert json.loads(people.functions.answer(sample("serve_records.export"))["body"])["code"] == "member_not_found"


def _items_about(*members: str) -> Iterator[Any]:
    """All items, wherever, that name one of the members, but for those of others and the pages of a wallet."""
    table: Any = boto3.client("dynamodb", region_name=REGION)
    for item in table.scan(TableName="members", ConsistentRead=True)["Items"]:
        owner = item["pk"]["S"]
        is_foreign = owner.startswith(keys.member("")) and owner not in map(keys.member, members)
        if any(member in str(item) for member in members) and not is_foreign and _kind(item) not in POINTERS:
            yield item


def _kind(item: Any) -> str:
    own = item["pk"]["S"].startswith(keys.member(""))
    kind: str = item["sk" if own else "pk"]["S"].partition("#")[0]
    return "CODE" if kind == "COUPON" and not own else kind


def _words_of(item: Any) -> Iterator[str]:
    """All texts in it, however deep; those of a wallet are numbers, packed."""
    if _kind(item) != "WALLET":
        for name, ((kind, value),) in ((name, value.items()) for name, value in item.items()):
            if name not in NOT_WORDS and kind in "SB":
                yield from _leaves(_opened(value))


def _opened(value: str | bytes) -> Any:
    """What was packed into one attribute."""
    try:
        return json.loads(zlib.decompress(value, wbits=-zlib.MAX_WBITS) if isinstance(value, bytes) else value)
    except (ValueError, zlib.error):
        return value


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value


def _text(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False)
