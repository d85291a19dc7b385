"""What must be set before the SageMaker SDK is imported, so that it renders offline."""

import os

REGION = "us-east-1"  # the SDK wants one; nothing of it is left in the rendered definition
ROLE = "arn:aws:iam::000000000000:role/rendered"  # ModelTrainer and ModelBuilder take no parameter


def prepare() -> None:
    """Set the environment of this process; call it before the first import of `sagemaker`."""
    os.environ["AWS_DEFAULT_REGION"] = REGION
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "rendering"
