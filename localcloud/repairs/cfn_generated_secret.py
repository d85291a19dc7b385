"""Fault: a template's GenerateSecretString takes any characters, from a guessable generator.

ministack ignores ExcludePunctuation and the like, and draws with `random`. GetRandomPassword of the
same base knows all of them, as does CloudFormation.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-secretsmanager-secret-generatesecretstring.html
"""

import json
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from localcloud.repairs import base

_OTHER = ("SecretStringTemplate", "GenerateStringKey")


def secret_string(props: dict[str, Any]) -> str:
    """Return the value of an AWS::SecretsManager::Secret: the one given, or a new one."""
    wanted = props.get("GenerateSecretString")
    if props.get("SecretString") or wanted is None:
        return str(props.get("SecretString", ""))
    options = {name: _typed(value) for name, value in wanted.items() if name not in _OTHER}
    status, _headers, body = secretsmanager._get_random_password(options)
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(answer.get("message", "GenerateSecretString is not valid"))
    password = str(answer["RandomPassword"])
    if "SecretStringTemplate" not in wanted:
        return password
    document = json.loads(wanted["SecretStringTemplate"])
    return json.dumps({**document, wanted["GenerateStringKey"]: password})


def _typed(value: Any) -> Any:
    """Templates may give numbers and truth values as text."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdigit() else value


def install(_context: object) -> None:
    """Replace how ministack's CloudFormation makes the value of a secret."""
    base.replace(provisioners, "_sm_secret_string", "25a9d93c53b2d749", secret_string)
