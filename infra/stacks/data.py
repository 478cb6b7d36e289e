"""What must outlive every deployment: the tables, the secret behind identity keys, the files handed in, the bus."""

import json
from typing import Final

from aws_cdk import CfnOutput, Duration, SecretValue, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.constructs.review import acknowledge
from infra.settings import Settings

DUE_INDEX: Final = "due"
MEMBERS_INDEX: Final = "members"
SEGMENTS_INDEX: Final = "segments"
IMPORT_LIFE: Final = Duration.days(30)
SET_ASIDE_LIFE: Final = Duration.days(30)
EVENT_LIFE: Final = Duration.days(30)


class DataStack(Stack):
    """Members, the programme, the identity secret, the buckets and the bus that others subscribe to."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name, termination_protection=not settings.is_local)
        self.members = self._table(
            "members", settings, stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, forgotten_at="forgotten_at"
        )
        self.members.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=_text("due_pk"),
            sort_key=_text("due_sk"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.members.add_global_secondary_index(
            index_name=MEMBERS_INDEX,
            partition_key=_text("members_pk"),
            sort_key=_text("pk"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.members.add_global_secondary_index(
            index_name=SEGMENTS_INDEX,
            partition_key=_text("segments_pk"),
            sort_key=_text("segments_sk"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["joined"],  # which brands may see the entry
        )
        self.program = self._table("program", settings)
        self.identity_secret = self._identity_secret(settings)
        self.link_secret = self._link_secret(settings)
        self.address_secret = self._address_secret(settings)
        self.code_secret = self._code_secret(settings)
        self.line_secret = self._line_secret(settings)
        self.imports = self._import_bucket(settings)
        self.set_aside = self._set_aside_bucket(settings)
        self.bus = self._event_bus(settings)
        CfnOutput(self, "MembersTable", value=self.members.table_name)
        CfnOutput(self, "ProgramTable", value=self.program.table_name)
        CfnOutput(self, "IdentitySecret", value=self.identity_secret.secret_arn)
        CfnOutput(self, "LinkSecret", value=self.link_secret.secret_arn)
        CfnOutput(self, "AddressSecret", value=self.address_secret.secret_arn)
        CfnOutput(self, "CodeSecret", value=self.code_secret.secret_arn)
        CfnOutput(self, "LineSecret", value=self.line_secret.secret_arn)
        CfnOutput(self, "ImportBucket", value=self.imports.bucket_name)
        CfnOutput(self, "SetAsideBucket", value=self.set_aside.bucket_name)
        CfnOutput(self, "EventBus", value=self.bus.event_bus_name)

    def _table(
        self,
        name: str,
        settings: Settings,
        stream: dynamodb.StreamViewType | None = None,
        forgotten_at: str | None = None,
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=stream,
            time_to_live_attribute=forgotten_at,
            deletion_protection=not settings.is_local,
            removal_policy=settings.removal_policy,
        )

    def _identity_secret(self, settings: Settings) -> secrets.Secret:
        return self._secret(
            "identity-secret",
            settings,
            "HMAC key under which identities are looked up. A new value loses every member.",
            not_rotated="The key cannot be rotated without writing every identity anew: what is stored is found under "
            "it and cannot be read back.",
        )

    def _link_secret(self, settings: Settings) -> secrets.Secret:
        """Keys by their numbers, and which of them signs; see `huitou.unsubscribing.signing`."""
        return self._secret(
            "link-secret",
            settings,
            "Keys under which links in messages are signed. A key that is taken away ends its links.",
            not_rotated="A key is added by hand: what it has signed is in mailboxes and has to work for years, so none "
            "is ever replaced.",
            secret_string_template=json.dumps({"current": "1"}),
            generate_string_key="1",
        )

    def _address_secret(self, settings: Settings) -> secrets.Secret:
        """Apart from that of identities, which who sends and who listens need not know."""
        return self._secret(
            "address-secret",
            settings,
            "HMAC key under which addresses are known that nothing is sent to. A new value forgets them.",
            not_rotated="What is stored is found under it and cannot be read back: under another key all would be "
            "forgotten.",
        )

    def _code_secret(self, settings: Settings) -> secrets.Secret:
        """Whoever has it and reads the table knows the codes that are on their way."""
        return self._secret(
            "code-secret",
            settings,
            "HMAC key that one-time codes are made by. A new value ends those that are on their way.",
            not_rotated="A code is good for ten minutes; a new key is put there by hand, whenever one likes.",
        )

    def _secret(
        self, name: str, settings: Settings, description: str, *, not_rotated: str, **form: str
    ) -> secrets.Secret:
        """A key that is made as the stack is; ``form`` says in what it stands, where it is not the key alone."""
        secret = secrets.Secret(
            self,
            name,
            description=description,
            generate_secret_string=secrets.SecretStringGenerator(password_length=64, exclude_punctuation=True, **form),
            removal_policy=settings.removal_policy,
        )
        acknowledge(secret, {"AwsSolutions-SMG4": not_rotated})
        return secret

    def _line_secret(self, settings: Settings) -> secrets.Secret:
        """Access tokens of LINE channels by their names, which people put there; see docs/messages.md."""
        secret = secrets.Secret(
            self,
            "line-secret",
            description="Access tokens and secrets of LINE channels, by the names that the programme has for them.",
            secret_string_value=SecretValue.unsafe_plain_text("{}"),
            removal_policy=settings.removal_policy,
        )
        reason = "LINE issues tokens to people; a new one is put there by hand and used within minutes."
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret

    def _import_bucket(self, settings: Settings) -> s3.Bucket:
        reason = (
            "Files come in by addresses signed for one import each and live for 30 days; who asked for an import is "
            "recorded with it."
        )
        return self._bucket("imports", settings, IMPORT_LIFE, no_access_log=reason)

    def _set_aside_bucket(self, settings: Settings) -> s3.Bucket:
        reason = "What functions could not handle; it is gone after 30 days, and people look at it seldom."
        return self._bucket("set-aside", settings, SET_ASIDE_LIFE, no_access_log=reason)

    def _bucket(self, name: str, settings: Settings, life: Duration, *, no_access_log: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=life, abort_incomplete_multipart_upload_after=Duration.days(1))
            ],
            removal_policy=settings.removal_policy,
            auto_delete_objects=False,
        )
        acknowledge(bucket, {"AwsSolutions-S1": no_access_log})
        return bucket

    def _event_bus(self, settings: Settings) -> events.EventBus:
        """Other stacks hang their rules on it by its name. Who may do so is said by IAM: it has no policy of its own.

        The archive lets a new subscriber, or one that was down, have the last month again. The emulator knows none.
        """
        bus = events.EventBus(
            self,
            "events",
            event_bus_name=f"huitou-{settings.stage}",
            description="What happens to members: points, tiers, segments, joins, merges",
        )
        bus.apply_removal_policy(settings.removal_policy)
        if not settings.is_local:
            archive = bus.archive("archive", event_pattern=events.EventPattern(source=["huitou"]), retention=EVENT_LIFE)
            archive.apply_removal_policy(settings.removal_policy)
        return bus


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
