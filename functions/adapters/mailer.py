"""Mail: through SES, one to each person, or as plain text through SNS without a verified sender."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters import aws
from domain.mail import Mail


@dataclass(frozen=True)
class Mailer:
    """How this stack writes to people. `sender` is empty where no address is verified."""

    sender: str
    topic_arn: str

    @property
    def is_shared(self) -> bool:
        """Whether everybody gets the same text, so that a link cannot be personal."""
        return not self.sender

    def send(self, mail: Mail, people: Sequence[str]) -> None:
        """Send `mail` to each of `people`, or publish it once to the topic."""
        if self.is_shared:
            self._publish(mail)
            return
        for address in people:
            aws.client("sesv2").send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                        "Headers": [
                            {"Name": name, "Value": value} for name, value in mail.headers.items()
                        ],
                    }
                },
            )

    def _publish(self, mail: Mail) -> None:
        aws.client("sns").publish(
            TopicArn=self.topic_arn, Subject=mail.sns_subject, Message=mail.sns_text
        )
