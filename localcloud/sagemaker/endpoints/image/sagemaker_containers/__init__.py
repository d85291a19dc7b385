"""The part of sagemaker-containers that inference scripts import."""
