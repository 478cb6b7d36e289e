"""Who may deploy a stage: a workflow of one repository, for an hour at a time, without any stored secret."""

from typing import Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import Settings
from infra.stacks.data import DataStack

ISSUER: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
# What `cdk bootstrap` made for deploying; each of them may do one thing.
BOOTSTRAP_ROLES: Final = ("deploy-role", "file-publishing-role", "lookup-role")


class DeliveryStack(Stack):
    """The role of the deploy workflow. It is deployed once by a person; the account must know GitHub as a provider."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, data: DataStack, repository: str) -> None:
        super().__init__(scope, name)
        provider = self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=ISSUER)
        role = iam.Role(
            self,
            "workflow",
            description=f"The deploy workflow of {repository}, in its environment {settings.stage}",
            max_session_duration=Duration.hours(1),
            assumed_by=iam.WebIdentityPrincipal(
                provider,
                {
                    "StringEquals": {
                        f"{ISSUER}:aud": AUDIENCE,
                        f"{ISSUER}:sub": f"repo:{repository}:environment:{settings.stage}",
                    }
                },
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[
                    self.format_arn(
                        service="iam",
                        region="",
                        resource="role",
                        resource_name=f"cdk-{self.synthesizer.bootstrap_qualifier}-{each}-{self.account}-{self.region}",
                    )
                    for each in BOOTSTRAP_ROLES
                ],
            )
        )
        # It publishes through the API, with a key that it makes for this purpose and revokes.
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
                resources=[data.program.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["KEYS", "AUDIT#*"]}},
            )
        )
        CfnOutput(self, "WorkflowRole", value=role.role_arn)
