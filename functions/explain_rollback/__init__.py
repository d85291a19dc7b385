"""SageMaker rolled a deployment back: find the alarm that fired, before the alarms are removed."""
