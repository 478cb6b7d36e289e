"""What LINE tells by its webhooks. It has no key of ours, but signs what it sends with the secret of its channel."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.channels.line_tokens import CHANNEL_SECRET, LineTokens
from huitou.channels.line_webhooks import ForgedWebhookError, UnreadableWebhookError
from huitou.feedback.followers import Followers
from huitou.members.identity import IdentityHasher
from huitou.platform.http import Answer, answer, create_app, documented, entry_point
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import AddressSecret, LineSecret, MembersTable, Settings, load
from huitou.platform.table import Table
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    address_secret: AddressSecret
    line_secret: LineSecret


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
followers = Followers(
    LineTokens(Secret(settings.line_secret, settings.region, settings.endpoint), CHANNEL_SECRET),
    Suppressions(
        TableSuppressions(members),
        IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text),
    ),
    commit=members.commit,
    pause=pause,
)

app = create_app("serve_webhooks", "Messages")


@app.post(
    "/v1/webhooks/line/<channel>",
    summary="Hear what LINE tells",
    security=[],
    responses=documented({200: None}, ForgedWebhookError, UnreadableWebhookError),
)
def hear_line(
    channel: Annotated[str, PathPart(max_length=64, description="The LINE channel, as the programme names it.")],
    signature: Annotated[
        str, Header(alias="X-Line-Signature", description="LINE's, of the body to the letter, by the channel's secret.")
    ] = "",
) -> Answer:
    """For LINE alone. Whoever has blocked the account gets nothing more by this channel, until they follow it again;
    other events are passed over. Delivered again, late or in another order, it comes to the same.
    """
    told = followers.hear(channel, app.current_event.decoded_body or "", signature)
    app.observer.count("AddressesBlocked", sum(not each.follows for each in told))
    return answer(None)


handler = entry_point(app)
