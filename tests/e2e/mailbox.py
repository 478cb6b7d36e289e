"""Somebody with a mailbox, a programme by which it is written to, and who tells what became of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from huitou.kernel.instants import format_instant
from tests.e2e.calls import PROGRAM, a_phone, enrolment, found, now, unique
from tests.e2e.platform import Platform
from tests.e2e.publishing import hold
from tests.reports import told
from tests.templates import SENDERS, speaking, template, text

BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36"}
_BODY = "# Hello {{ member.name }}\n\n[Look](https://huitou.example/{{ member.name }})\n\n{{ coupon.code }}"
HELLO = template(texts=[text(email={"subject": "Hello {{ member.name | default: 'you' }}", "body": _BODY})])
RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])


def spoken(**rules: Any) -> dict[str, Any]:
    """The programme of the tests, which says something, by these rules for messages."""
    return {**PROGRAM, "messages": {**speaking()["messages"], **rules}, "templates": [HELLO, RECEIPT]}


@contextmanager
def writing(api: httpx.Client, platform: Platform, program: dict[str, Any]) -> Iterator[None]:
    """``program`` holds meanwhile, and writes from an address that the mail service knows."""
    email: Any = platform.stack.client("sesv2")
    email.create_email_identity(EmailIdentity=SENDERS[0]["email"]["address"])  # type: ignore[index]
    hold(api, program)
    yield
    hold(api, PROGRAM)


class Provider:
    """Tells the topic what SES would."""

    def __init__(self, platform: Platform) -> None:
        self._sns = platform.stack.client("sns")
        (self._topic,) = [
            each["TopicArn"] for each in self._sns.list_topics()["Topics"] if "reports" in each["TopicArn"]
        ]

    def of(self, case: str, message: str, address: str) -> Any:
        """The sample, about a message that went to this address, just now."""
        event = told(case, message)
        event["mail"]["destination"] = [address]
        event[case]["timestamp"] = format_instant(now())
        return event

    def tell(self, *events: Any) -> None:
        for each in events:
            self._sns.publish(TopicArn=self._topic, Message=each if isinstance(each, str) else json.dumps(each))


class Mei:
    """Somebody with a mailbox, a phone and a LINE account."""

    def __init__(self, api: httpx.Client, platform: Platform, address: str | None = None) -> None:
        self._api = api
        self._platform = platform
        self.address = address or f"{unique('mei').lower()}@example.com"
        self.phone, self.line_user = a_phone(), f"U{uuid4().hex}"
        said = {
            "identities": [{"phone": self.phone}, {"line": {"provider": "huitou", "user_id": self.line_user}}],
            "profile": {"name": "小美", "contact_email": self.address, "contact_phone": self.phone},
        }
        self.id = str(api.post("/v1/members", json=enrolment(**said)).json()["member_id"])
        self.path = f"/v1/members/{self.id}"

    def agree(self, brand: str = "maru", channel: str = "email") -> None:
        """To marketing."""
        agreed = {"granted": True, "source": "said at the till"}
        found(self._api.put(f"{self.path}/consents/{channel}/{brand}/marketing", json=agreed))

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

    def link(self) -> str:
        """The one in the only mail that has come."""
        (mail,) = self.mails()
        (link,) = re.findall(r"https?://[^\s<>()]+/v1/links/[\w-]+", mail["BodyText"])
        return str(link)

    def texts(self) -> list[str]:
        """The SMS that have come."""
        sent = httpx.get(f"{self._platform.stack.endpoint}/_ministack/sns/sms-messages").json()["sms_messages"]
        number = "+886" + self.phone.replace("-", "")[1:]
        return [each["Message"] for each in sent.get(number, ())]

    def mails(self) -> list[Any]:
        """What has come."""
        accounts = httpx.get(f"{self._platform.stack.endpoint}/_ministack/ses/messages").json()["messages"]
        mails = [each for messages in accounts.values() for each in messages]
        return [each for each in mails if self.address in each["To"]]
