"""A small OpenID Connect server on loopback that keeps to the protocol, and lies where a test tells it to."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID = "journey client"
CLIENT_SECRET = "a+secret/with:signs"  # noqa: S105 - of a server that lives as long as its test

Claims = dict[str, Any]


@dataclass
class Provider:
    """What the server is, whom it lets in, and how it lies."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    person: Claims = field(default_factory=lambda: {"sub": "p-1", "name": "Anna Provider"})
    now: Callable[[], int] = lambda: 0
    change_claims: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[[Claims], str] | None = None
    metadata: Claims = field(default_factory=dict[str, Any])
    answers: Claims = field(default_factory=dict[str, Any])
    """Further parameters of the redirect back; None takes one out."""
    codes: dict[str, Claims] = field(default_factory=dict[str, Claims])
    n_token_requests: int = 0
    broken: str = ""
    """Part of a path that answers 500."""

    def configuration(self) -> Claims:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **self.metadata,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Let the person in and return where the browser goes."""
        assert query["response_type"] == "code"
        assert query["tenant"] == "1"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe()
        self.codes[code] = dict(query)
        answer = {"code": code, "state": query["state"], **self.answers}
        kept = {name: value for name, value in answer.items() if value is not None}
        return f"{query['redirect_uri']}?{urlencode(kept)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        """Redeem a code once, for the client that started it."""
        self.n_token_requests += 1
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        started = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            (unquote(name), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET)
            or started is None
            or started["redirect_uri"] != form["redirect_uri"]
            or started["code_challenge"] != challenge.decode().rstrip("=")
        ):
            return 400, {"error": "invalid_grant"}
        claims = self.change_claims({
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": self.now(),
            "exp": self.now() + 300,
            "nonce": started["nonce"],
            **self.person,
        })  # fmt: skip
        token = self.sign(claims) if self.sign else signed_by(self.key, claims)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


def signed_by(key: RSAKey, claims: Claims) -> str:
    """Return a token as a server signs it."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def signed_by_secret(claims: Claims) -> str:
    """Return a token signed with the client's own secret, which proves nothing about the server."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET), algorithms=["HS256"])


def unsigned(claims: Claims) -> str:
    """Return a token without a signature."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims)
    ]
    return f"{parts[0]}.{parts[1]}."


@contextmanager
def running(provider: Provider) -> Generator[Provider]:
    """Serve on loopback."""

    class Handler(BaseHTTPRequestHandler):
        """Answers as the provider says."""

        def do_GET(self) -> None:
            """Discovery, keys, and the page where a person signs in."""
            parts = urlsplit(self.path)
            if provider.broken and provider.broken in parts.path:
                self._send(500, {})
            elif parts.path == "/.well-known/openid-configuration":
                self._send(200, provider.configuration())
            elif parts.path == "/keys":
                self._send(200, {"keys": [provider.key.as_dict(private=False), {"kty": "new", "kid": "x"}]})
            else:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()

        def do_POST(self) -> None:
            """Redeem a code."""
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._send(*provider.token(form, self.headers["Authorization"]))

        def _send(self, status: int, body: Claims) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
