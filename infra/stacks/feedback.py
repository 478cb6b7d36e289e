"""What providers tell of messages after they took them (M25): one topic, one queue, one worker."""

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_smsvoice as sms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from infra.constructs.queue import WorkQueue
from infra.constructs.stream import let_set_aside
from infra.stacks.functions import LARGE_MIB, WORKER_TIMEOUT, FunctionStack

TOLD: Final = (
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
)

REVIEWED_FROM: Final = {"BounceRate": 0.05, "ComplaintRate": 0.001}
"""Shares of the emails, as SES says; at 0.1 and 0.005 it stops the account."""


def set_of(stack: FunctionStack) -> str:
    """The name of the configuration sets."""
    return f"huitou-{stack.settings.stage}"


def from_providers(stack: FunctionStack) -> dict[str, str]:
    """What to tell whoever sends, so that SES and End User Messaging report here; the emulator has no such reports."""
    topic = sns.Topic(stack, "reports-topic", display_name="What became of messages", enforce_ssl=True)
    queue = WorkQueue(stack, "reports", worker_timeout=WORKER_TIMEOUT, late=Duration.hours(1), alarms=stack.alarms)
    topic.add_subscription(
        subscriptions.SqsSubscription(queue, raw_message_delivery=True, dead_letter_queue=queue.dead_letters)
    )
    told = {
        **stack.members,
        **stack.program,
        **stack.addresses,
        "HUITOU_SET_ASIDE_BUCKET": stack.data.set_aside.bucket_name,
    }
    worker = stack.function("hear_providers", told, WORKER_TIMEOUT)
    changes = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    worker.allow(changes, stack.data.members.table_arn, partitions=["M#*", "SUPPRESSION#*"])
    stack.let_read_program(worker)
    stack.let_read_address_secret(worker)
    let_set_aside(worker, stack.data.set_aside, stack.alarms)
    stack.work_through(queue, worker)
    if stack.settings.is_local:
        return {}
    _watch_reputation(stack)
    return _configuration_sets(stack, topic)


def functions(stack: FunctionStack) -> dict[str, lambda_.Function]:
    """The calls about addresses that nothing is sent to, and LINE's; they reach no member."""
    told = {**stack.members, **stack.program, **stack.addresses}
    serve = stack.function("serve_suppressions", told)
    serve.allow(["dynamodb:GetItem", "dynamodb:PutItem"], stack.data.members.table_arn, partitions=["SUPPRESSION#*"])
    serve.allow(["dynamodb:PutItem"], stack.data.program.table_arn, partitions=["AUDIT#*"])
    stack.let_read_address_secret(serve)
    hear = stack.function(
        "serve_webhooks",
        {**stack.members, **stack.addresses, **stack.line_tokens},
        memory_mib=LARGE_MIB,
        more_layers=[stack.messaging],
    )
    hear.allow(["dynamodb:GetItem", "dynamodb:PutItem"], stack.data.members.table_arn, partitions=["SUPPRESSION#*"])
    stack.let_read_address_secret(hear)
    hear.allow(["secretsmanager:GetSecretValue"], stack.data.line_secret.secret_arn)
    return {"serve_suppressions": serve, "serve_webhooks": hear}


def _watch_reputation(stack: FunctionStack) -> None:
    """Of all that the account sends in this region: SES tells it, and stops the account for it."""
    for name, threshold in REVIEWED_FROM.items():
        stack.alarms.begin(
            f"email-{name.lower()}",
            cloudwatch.Metric(
                namespace="AWS/SES", metric_name=f"Reputation.{name}", statistic="Maximum", period=Duration.hours(1)
            ),
            says=f"SES counts a {name} from which on it reviews accounts",
            threshold=threshold,
        )


def _configuration_sets(stack: FunctionStack, topic: sns.Topic) -> dict[str, str]:
    """Where SES and End User Messaging publish; they alone may, and for this account alone."""
    allowed = topic.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("sms-voice.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    name = set_of(stack)
    of_email = ses.ConfigurationSet(stack, "email-reports", configuration_set_name=name)
    told_of = of_email.add_event_destination(
        "topic", destination=ses.EventDestination.sns_topic(topic), events=list(TOLD)
    )
    of_sms = sms.CfnConfigurationSet(
        stack,
        "sms-reports",
        configuration_set_name=name,
        event_destinations=[
            sms.CfnConfigurationSet.EventDestinationProperty(
                event_destination_name="reports",
                enabled=True,
                matching_event_types=["TEXT_ALL"],
                sns_destination=sms.CfnConfigurationSet.SnsDestinationProperty(topic_arn=topic.topic_arn),
            )
        ],
    )
    for each in (told_of, of_sms):
        each.node.add_dependency(allowed.policy_dependable or topic)  # both try the topic out
    return {
        "HUITOU_EMAIL_CONFIGURATION_SET": of_email.configuration_set_name,
        "HUITOU_SMS_CONFIGURATION_SET": of_sms.ref,
    }
