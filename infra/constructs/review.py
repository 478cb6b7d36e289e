"""Where we do not follow a rule of cdk-nag, and why."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept these findings on this construct and below; each needs a reason that a reviewer can disagree with."""
    for rule, reason in reasons.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcards(construct: IConstruct, reason: str, *resources: str) -> None:
    """Accept these resources with a wildcard in policies on this construct and below.

    Findings name a resource as the template does, so pass it through `in_findings` where it is a reference.
    """
    acknowledge(construct, {f"AwsSolutions-IAM5[Resource::{resource}]": reason for resource in resources})


def in_findings(owner: Stack, reference: str) -> str:
    """How findings in another stack call a value that `owner` exports to it."""
    return str(owner.resolve(owner.export_value(reference))["Fn::ImportValue"])
