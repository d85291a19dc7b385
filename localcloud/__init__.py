"""The AWS that Slipway needs, on one machine: ministack plus SageMaker, CodeCommit and an inbox."""
