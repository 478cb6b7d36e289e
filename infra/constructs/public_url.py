"""What links in messages begin with: told at the deployment, as only then is known where the emulator answers."""

from aws_cdk import CfnCondition, CfnParameter, Fn, Stack

from infra.constructs.api import STAGE, HttpApi
from infra.routes import PUBLIC_URL
from infra.settings import Settings


def public_url(stack: Stack, api: HttpApi, settings: Settings) -> str:
    """The address of the parameter `PUBLIC_URL`, on this machine that of the emulator; without one, the gateway's."""
    told = CfnParameter(
        stack,
        PUBLIC_URL,
        default="",
        description="Where members reach the API. Empty: at the gateway's own address.",
        allowed_pattern=f"(https{'?' if settings.is_local else ''}://[^/?#\\s]+(/[^/?#\\s]+)*)?",
        constraint_description="must begin with https:// and end without a slash",
    )
    is_told = CfnCondition(
        stack, "HasPublicUrl", expression=Fn.condition_not(Fn.condition_equals(told.value_as_string, ""))
    )
    api_id = api.rest_api.rest_api_id
    below = f"/_aws/execute-api/{api_id}/{STAGE}" if settings.is_local else ""
    gateway = f"https://{api_id}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE}"
    return Fn.condition_if(is_told.logical_id, f"{told.value_as_string}{below}", gateway).to_string()
