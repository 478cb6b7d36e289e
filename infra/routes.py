"""Which function answers which call. The gateway refuses whatever is not listed, before any of our code runs."""

from typing import Final

from infra.sources import ROOT

DESCRIPTION: Final = ROOT / "functions" / "serve_program" / "openapi.json"
"""What `GET /v1/openapi.json` answers with; `huitou openapi` makes it, and each command that needs it."""
PUBLIC_URL: Final = "PublicUrl"
"""The parameter of the service stack that says what links in messages begin with."""

ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "serve_members": (
        "POST /v1/members",
        "POST /v1/members/lookup",
        "GET /v1/members/{member_id}",
        "PATCH /v1/members/{member_id}",
        "POST /v1/members/{member_id}/identities",
        "DELETE /v1/members/{member_id}/identities/{identity_id}",
        "PUT /v1/members/{member_id}/tags/{tag}",
        "DELETE /v1/members/{member_id}/tags/{tag}",
        "GET /v1/members/{member_id}/consents",
        "GET /v1/members/{member_id}/consents/history",
        "PUT /v1/members/{member_id}/consents/{channel}/{brand}/{purpose}",
        "GET /v1/members/{member_id}/tier",
        "POST /v1/members/{member_id}/tier",
        "GET /v1/members/{member_id}/tier/history",
    ),
    "serve_standings": (
        "GET /v1/members/{member_id}/standing",
        "GET /v1/members/{member_id}/standing/history",
    ),
    "serve_segments": (
        "GET /v1/segments",
        "GET /v1/segments/{segment_id}",
        "GET /v1/segments/{segment_id}/members",
        "POST /v1/segments/preview",
        "POST /v1/segments/counts",
        "GET /v1/segments/counts/{count_id}",
        "POST /v1/campaigns/counts",
        "GET /v1/campaigns/counts/{count_id}",
    ),
    "serve_records": (
        "POST /v1/merges",
        "GET /v1/merges/{merge_id}",
        "POST /v1/merges/{merge_id}/reversal",
        "POST /v1/members/{member_id}/erasure",
        "GET /v1/members/{member_id}/export",
    ),
    "record_purchases": (
        "POST /v1/purchases",
        "POST /v1/purchases/batch",
        "POST /v1/purchases/claims",
        "GET /v1/purchases/{purchase_id}",
        "GET /v1/members/{member_id}/purchases",
        "POST /v1/events",
    ),
    "refund_purchases": (
        "POST /v1/refunds",
        "GET /v1/refunds",
        "GET /v1/refunds/{refund_id}",
        "POST /v1/refunds/{refund_id}/cancellation",
        "POST /v1/purchases/{purchase_id}/move",
    ),
    "serve_checkouts": (
        "POST /v1/quotes",
        "POST /v1/holds",
        "GET /v1/holds/{hold_id}",
        "POST /v1/holds/{hold_id}/capture",
        "POST /v1/holds/{hold_id}/release",
    ),
    "serve_wallets": (
        "GET /v1/members/{member_id}/wallet",
        "GET /v1/members/{member_id}/entries",
        "GET /v1/entries/{entry_id}/explanation",
        "POST /v1/redemptions",
        "GET /v1/redemptions/{redemption_id}",
        "POST /v1/redemptions/{redemption_id}/reversal",
        "POST /v1/adjustments",
        "POST /v1/entries/{entry_id}/reinstatement",
        "POST /v1/transfers",
        "GET /v1/transfers/{transfer_id}",
        "POST /v1/conversions",
        "GET /v1/conversions/{conversion_id}",
    ),
    "serve_coupons": (
        "GET /v1/members/{member_id}/coupons",
        "GET /v1/coupons/{code}",
        "POST /v1/coupons/{code}/uses",
        "POST /v1/coupons/{code}/uses/{use_id}/reversal",
    ),
    "serve_program": (
        "GET /v1/stores",
        "GET /v1/program",
        "GET /v1/program/schema",
        "GET /v1/program/versions",
        "POST /v1/program/versions",
        "GET /v1/program/versions/{version}",
        "GET /v1/program/versions/{version}/diff",
        "POST /v1/program/validation",
        "POST /v1/program/rollback",
        "GET /v1/program/drafts",
        "POST /v1/program/drafts",
        "GET /v1/program/drafts/{draft_id}",
        "PUT /v1/program/drafts/{draft_id}",
        "DELETE /v1/program/drafts/{draft_id}",
        "GET /v1/program/drafts/{draft_id}/diff",
        "POST /v1/program/drafts/{draft_id}/validation",
        "POST /v1/program/drafts/{draft_id}/publication",
        "GET /v1/openapi.json",
    ),
    "serve_accounts": (
        "POST /v1/accounts",
        "GET /v1/accounts/{account_id}",
        "GET /v1/settlements/{month}",
        "POST /v1/settlements/{month}/close",
    ),
    "serve_simulations": (
        "POST /v1/simulations",
        "GET /v1/simulations/{simulation_id}",
    ),
    "serve_templates": (
        "GET /v1/templates",
        "POST /v1/templates/preview",
    ),
    "serve_messages": (
        "POST /v1/members/{member_id}/messages",
        "GET /v1/members/{member_id}/messages",
        "GET /v1/members/{member_id}/journeys",
        "GET /v1/messages/{message_id}",
        "POST /v1/messages/{message_id}/cancellation",
    ),
    "serve_suppressions": (
        "POST /v1/suppressions/lookup",
        "POST /v1/suppressions/{suppression_id}/lifting",
    ),
    "serve_verifications": (
        "POST /v1/members/{member_id}/verifications",
        "POST /v1/members/{member_id}/verifications/{verification_id}",
    ),
    "serve_unsubscriptions": (
        "GET /v1/unsubscriptions/{token}",
        "POST /v1/unsubscriptions/{token}",
    ),
    "serve_links": ("GET /v1/links/{token}",),
    "serve_webhooks": ("POST /v1/webhooks/line/{channel}",),
    "serve_results": (
        "POST /v1/campaigns/{campaign_id}/results",
        "GET /v1/campaigns/{campaign_id}/results/{result_id}",
    ),
    "serve_insights": (
        "GET /v1/insights",
        "POST /v1/insights",
    ),
    "serve_rebuilds": (
        "POST /v1/rebuilds",
        "GET /v1/rebuilds/{rebuild_id}",
    ),
    "serve_imports": (
        "POST /v1/imports",
        "GET /v1/imports/{import_id}",
        "POST /v1/imports/{import_id}/start",
    ),
}

PUBLIC: Final = {
    "GET /v1/openapi.json": "Documentation of the API, the same for everybody.",
    "GET /v1/links/{token}": "Members open it from a message; the link itself is signed.",
    "GET /v1/unsubscriptions/{token}": "Members open it from a message; the link itself is signed.",
    "POST /v1/unsubscriptions/{token}": "Mailboxes and members call it without a key (RFC 8058); the link is signed.",
    "POST /v1/webhooks/line/{channel}": "LINE calls it and has no key of ours; it signs each call.",
}
"""What needs no key, each with the reason."""
