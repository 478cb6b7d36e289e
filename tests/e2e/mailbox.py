"""Somebody with a mailbox, and a programme by which it is written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.calls import PROGRAM, enrolment, found, unique
from tests.e2e.platform import Platform
from tests.e2e.publishing import hold
from tests.templates import SENDERS, speaking, template, text

RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])


def spoken(**rules: Any) -> dict[str, Any]:
    """The programme of the tests, which says something, by these rules for messages."""
    return {**PROGRAM, "messages": {**speaking()["messages"], **rules}, "templates": [template(), RECEIPT]}


@contextmanager
def writing(api: httpx.Client, platform: Platform, program: dict[str, Any]) -> Iterator[None]:
    """``program`` holds meanwhile, and writes from an address that the mail service knows."""
    email: Any = platform.stack.client("sesv2")
    email.create_email_identity(EmailIdentity=SENDERS[0]["email"]["address"])  # type: ignore[index]
    hold(api, program)
    yield
    hold(api, PROGRAM)


class Mei:
    """Somebody with a mailbox."""

    def __init__(self, api: httpx.Client, platform: Platform) -> None:
        self._api = api
        self._platform = platform
        self.address = f"{unique('mei').lower()}@example.com"
        profile = {"name": "小美", "contact_email": self.address}
        self.id = str(api.post("/v1/members", json=enrolment(profile=profile)).json()["member_id"])
        self.path = f"/v1/members/{self.id}"

    def agree(self, brand: str = "maru") -> None:
        """To marketing by email."""
        agreed = {"granted": True, "source": "said at the till"}
        found(self._api.put(f"{self.path}/consents/email/{brand}/marketing", json=agreed))

    def send(self, key: str, template_id: str = "receipt", **body: Any) -> httpx.Response:
        headers, sent = {"Idempotency-Key": key}, {"template": template_id, "brand": "maru", **body}
        return self._api.post(f"{self.path}/messages", headers=headers, json=sent)

    def message(self, message_id: str) -> Any:
        return found(self._api.get(f"/v1/messages/{message_id}"))

    def messages(self) -> list[Any]:
        return list(found(self._api.get(f"{self.path}/messages"))["items"])

    def mail(self) -> list[str]:
        """The subjects of what has come."""
        return [each["Subject"] for each in self.mails()]

    def mails(self) -> list[Any]:
        """What has come."""
        accounts = httpx.get(f"{self._platform.stack.endpoint}/_ministack/ses/messages").json()["messages"]
        mails = [each for messages in accounts.values() for each in messages]
        return [each for each in mails if self.address in each["To"]]
