"""Which function answers which call. The gateway refuses whatever is not listed, before any of our code runs."""

from typing import Final

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
    "record_purchases": (
        "POST /v1/purchases",
        "POST /v1/purchases/batch",
        "POST /v1/purchases/claims",
        "GET /v1/purchases/{purchase_id}",
        "GET /v1/members/{member_id}/purchases",
        "POST /v1/events",
    ),
    "serve_wallets": (
        "GET /v1/members/{member_id}/wallet",
        "GET /v1/members/{member_id}/entries",
        "GET /v1/entries/{entry_id}/explanation",
        "POST /v1/redemptions",
        "GET /v1/redemptions/{redemption_id}",
        "POST /v1/redemptions/{redemption_id}/reversal",
        "POST /v1/adjustments",
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
    "serve_imports": (
        "POST /v1/imports",
        "GET /v1/imports/{import_id}",
        "POST /v1/imports/{import_id}/start",
    ),
}

# Anybody may read how to call us; everything else needs a key.
PUBLIC: Final = frozenset({"GET /v1/openapi.json"})
