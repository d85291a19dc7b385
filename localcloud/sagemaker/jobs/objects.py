"""S3 as a role may use it, from inside the process that S3 runs in.

Listing and writing are requests like anybody's. Reading asks IAM first and then takes the object
where it lies: a job reads a dozen small files, and requests to ourselves cost more than the job's
own start.
"""

from __future__ import annotations

from localcloud.context import Context
from localcloud.sagemaker.jobs import roles


class Access:
    """What one role may do; ``client`` is its boto3 client. Raises ApiError for a role without
    trust.
    """

    def __init__(self, context: Context, role_arn: str) -> None:
        self.client = roles.client(context, role_arn, "s3")
        self._context = context
        self._role_arn = role_arn

    def get(self, bucket: str, key: str) -> bytes:
        """The bytes of an object. Raises botocore's ClientError, in S3's own words."""
        data = self._at_hand(bucket, key)
        if data is not None:
            return data
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def _at_hand(self, bucket: str, key: str) -> bytes | None:
        """The object from this process's own S3; None when the role may not or it is not there."""
        from ministack.core.responses import request_scope
        from ministack.services import s3

        resource = f"arn:aws:s3:::{bucket}/{key}"
        if not roles.may(self._context, self._role_arn, "s3:GetObject", resource):
            return None
        with request_scope(self._context.account, self._context.region):
            data: bytes | None = s3._get_object_data(bucket, key)
            return data
