"""A small identity provider on 127.0.0.1: it publishes its key and signs tokens, RS256."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "slipway"
KEY_ID = "key-1"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Issuer:
    """`url` is what stands in its tokens; `stranger` signs with a key that it does not publish."""

    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=_key)
    stranger: rsa.RSAPrivateKey = field(default_factory=_key)

    def token(self, email: str, *, forged: bool = False, **changed: Any) -> str:
        """A token for this person; `changed` replaces claims."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "iat": now - 5, "exp": now + 600, "sub": email}
        return self.signed(claims | {"email": email} | changed, forged)

    def signed(self, claims: dict[str, Any], forged: bool = False) -> str:
        """These claims under our key, or under a stranger's with our key's name."""
        header = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
        text = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        key = self.stranger if forged else self.key
        signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(signature)}"

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """What it publishes, by path."""
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID}
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]},
        }


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve an issuer on a free port."""
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            found = made.documents.get(self.path)
            body = json.dumps(found or {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
