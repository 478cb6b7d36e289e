"""The function that plans messages, for tests that talk to it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, OwnedId
from huitou.outbox.decisions import claim
from huitou.outbox.store import TableOutbox
from huitou.platform.table import Table
from tests.builders import at
from tests.contract.targets import REGION
from tests.serving import MEI, Loaded, enrol, publish, sample

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
ENROLLED = at("2026-03-01 12:00")
NOW = at("2026-03-02 12:00")


class MessageDesk:
    """The function, and Mei and Fang, who joined maru."""

    def __init__(self, published: dict[str, Any]) -> None:
        publish(published)
        self.functions = Loaded("serve_messages")
        self.table = Table("members", REGION)
        for member, phone in ((MEI, "0912-345-678"), (FANG, "0922-333-444")):
            enrol(member, phone, self.table, self.functions.programs, ENROLLED)
        self._keys = 0

    def ask(
        self,
        call: str,
        brand: str = "maru",
        named: str | None = None,
        *,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        minutes: int = 0,
    ) -> tuple[int, Any]:
        """The sample of this call, about another thing, with another body or key, so many minutes after noon."""
        asked = sample(f"serve_messages.{call}")
        asked["requestContext"]["authorizer"]["brand"] = brand
        for name in asked["pathParameters"]:
            asked["pathParameters"][name] = named or MEI
            asked["path"] = asked["resource"].replace(f"{{{name}}}", named or MEI)
        asked["body"] = json.dumps(body) if body else asked["body"]
        if key:
            asked["headers"]["Idempotency-Key"] = key
            asked["multiValueHeaders"]["Idempotency-Key"] = [key]
        self.functions.modules["serve_messages"].app._clock = lambda: NOW + timedelta(minutes=minutes)
        answer = self.functions.answer(asked)
        return answer["statusCode"], json.loads(answer["body"])

    def send(self, member: str = MEI, brand: str = "maru", **body: Any) -> tuple[int, Any]:
        self._keys += 1
        return self.ask("send", brand, member, body={"template": "receipt", **body}, key=f"key-{self._keys}")

    def sent(self, **body: Any) -> Any:
        status, view = self.send(**body)
        assert status == 201, view
        return view

    def refusal(self, member: str = MEI, brand: str = "maru", **body: Any) -> tuple[int, str, list[str]]:
        status, problem = self.send(member, brand, **body)
        return status, problem["code"], [each["pointer"] for each in problem["errors"]]

    def begin_sending(self, message_id: str) -> None:
        store, (member, key) = TableOutbox(self.table), message_id.split("-")
        before = store.load(OwnedId(MemberId(member), key))
        assert before is not None
        self.table.commit([store.save(before, claim(before, MessageChannel.EMAIL, "club@huitou.example", NOW))])
