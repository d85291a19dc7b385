"""Outcomes that a person has to mend.

The class names are an interface: the state machines name them in `Catch`
(`tests/contract/test_state_machines.py` checks that each name there is a class here). The message
names the thing and the mend. Anything that is not a `SlipwayError` is a fault: it escapes, so that
Lambda and Step Functions retry it.
"""


class SlipwayError(Exception):
    """Base of all outcomes that a person has to mend."""


class BuildRefusedError(SlipwayError):
    """Base of the reasons for which a commit is not built."""


class UnknownFolderError(BuildRefusedError):
    """The commit has no rendered project in the folder that the stack watches."""


class StaleDefinitionError(BuildRefusedError):
    """`pipeline.json` was not rendered from the sources beside it."""


class InvalidSettingsError(BuildRefusedError):
    """A setting (`stages.yaml`, `rendered.json`, region) cannot be used."""


class SourceUnavailableError(BuildRefusedError):
    """The repository does not have the commit or a file that the project names."""


class NoDataError(BuildRefusedError):
    """There is no table under the data prefix to train on."""


class BuildSupersededError(BuildRefusedError):
    """A newer commit of the same branch arrived while this one was being fetched."""


class ReleaseRefusedError(SlipwayError):
    """Base of the reasons for which a version is not released."""


class NotApprovedError(ReleaseRefusedError):
    """The version is not (or no longer) Approved in the registry."""


class ArtifactChangedError(ReleaseRefusedError):
    """The model artifact is not the one that was registered."""


class EvidenceMissingError(ReleaseRefusedError):
    """The version carries no golden test set or no evaluation, so staging cannot be tested."""


class SupersededError(ReleaseRefusedError):
    """A newer release of the same endpoint took this one's place."""


class EndpointNotServingError(SlipwayError):
    """The endpoint did not answer at all while it was tested."""
