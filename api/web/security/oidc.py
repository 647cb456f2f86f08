"""Signing in through an OpenID Connect server: authorization code with PKCE, state and nonce.

Nothing is kept here while the person is away: state, nonce and verifier follow from one secret in a cookie of the browser. The server's
keys are fetched at each sign-in, so that a key it withdrew is not trusted any longer.

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE); RFC 9207 (issuer in the answer).
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel

from agent.errors import ConfigError, IdentityProviderError
from agent.settings import Settings
from agent.store.accounts.sessions import new_token

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Only those with a public key; a token that our own secret could sign proves nothing."""
_KEY_KINDS = frozenset({"RSA", "EC", "OKP"})
_LEEWAY_S = 60
_TIMEOUT_S = 10.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

AnswerT = TypeVar("AnswerT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to the other server and back."""

    secret: str
    next_path: str
    """Where the person goes on afterwards."""

    @classmethod
    def start(cls, next_path: str) -> "Flow":
        """Return a new one."""
        return cls(new_token(), next_path)

    @classmethod
    def read(cls, cookie: str) -> "Flow | None":
        """Return the one a cookie holds, or None where it holds none."""
        secret, _, path = cookie.partition(".")
        return cls(secret, unquote(path)) if secret else None

    def cookie(self) -> str:
        """Return it as a cookie's value."""
        return f"{self.secret}.{quote(self.next_path, safe='')}"

    def derived(self, label: str) -> str:
        """Return a value that only who has the secret can make, a different one for each label."""
        return _base64(hmac.new(self.secret.encode(), label.encode(), hashlib.sha256).digest())


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the other server vouches for."""

    issuer: str
    subject: str
    verified_email: str | None
    """None where the server does not say that it verified it."""
    name: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """A server that people may sign in with."""

    issuer: str
    client_id: str
    client_secret: str

    def address(self, flow: Flow, *, redirect_uri: str) -> str:
        """Return where the browser goes to sign in.

        Raises:
            IdentityProviderError: The server does not answer, or not as itself.
        """
        with _client() as client:
            address = self._metadata(client).authorization_endpoint
        query = urlencode({
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": flow.derived("state"),
            "nonce": flow.derived("nonce"),
            "code_challenge": _base64(hashlib.sha256(flow.derived("verifier").encode()).digest()),
            "code_challenge_method": "S256",
        })  # fmt: skip
        return f"{address}{'&' if '?' in address else '?'}{query}"

    def person(
        self, flow: Flow | None, answer: Mapping[str, str], *, redirect_uri: str, now: datetime
    ) -> Person:
        """Return whom the server vouches for in its answer.

        Args:
            flow: The one that the browser was sent away with; None where it kept none, which is never trusted.
            answer: Query of the address the browser came back to.
            redirect_uri: That address.
            now: Time of it.

        Raises:
            IdentityProviderError: The answer is not one to this flow, the server refused or failed, or its token does not hold.
        """
        if flow is None or not hmac.compare_digest(
            answer.get("state", "").encode(), flow.derived("state").encode()
        ):
            _refuse("its answer is not one to a sign-in of this browser")
        if answer.get("iss", self.issuer) != self.issuer:
            _refuse("its answer is from another server")
        if "code" not in answer:
            _refuse("it did not let the person in")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": flow.derived("verifier"),
        }
        # RFC 6749, 2.3.1: both are form-encoded before they go into the header.
        known_as = httpx.BasicAuth(quote(self.client_id, safe=""), quote(self.client_secret, safe=""))
        with _client() as client:
            metadata = self._metadata(client)
            tokens = _fetch(client, _Tokens, metadata.token_endpoint, data=form, auth=known_as)
            keys = _fetch(client, _Keys, metadata.jwks_uri)
        claims = self._checked(tokens.id_token, keys, nonce=flow.derived("nonce"), now=now)
        return Person(
            issuer=self.issuer,
            subject=claims.sub,
            verified_email=claims.email if claims.email_verified is True else None,
            name=claims.name or "",
        )

    def _metadata(self, client: httpx.Client) -> "_Metadata":
        found = _fetch(client, _Metadata, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.issuer != self.issuer:
            _refuse("it calls itself by another name than JOURNEY_OIDC_ISSUER")
        return found

    def _checked(self, token: str, keys: "_Keys", *, nonce: str, now: datetime) -> "_Claims":
        """Return what an id token says once its signature and each claim that must be right are."""
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token_keys = KeySet.import_key_set(keys.signing())
            found = jwt.decode(token, token_keys, algorithms=_ALGORITHMS).claims
            rules.validate(found)
            claims = _Claims.model_validate(found)
        except (JoseError, ValueError, TypeError, KeyError):
            _refuse("its id token does not hold")
        audience = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
        if audience != {self.client_id} or claims.azp not in {None, self.client_id}:
            _refuse("its id token is for somebody else as well")
        return claims


class _Metadata(BaseModel):
    """What of the server's own configuration is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(BaseModel):
    """What of the token endpoint's answer is used."""

    id_token: str


class _Keys(BaseModel):
    """The server's public keys."""

    keys: list[dict[str, Any]]

    def signing(self) -> Any:  # noqa: ANN401 - joserfc checks it
        """Return those that may sign; kinds that are not known here are nothing that can be checked."""
        kept = [key for key in self.keys if key.get("kty") in _KEY_KINDS and key.get("use", "sig") == "sig"]
        return {"keys": kept}


class _Claims(BaseModel):
    """What of an id token is used."""

    sub: str
    aud: str | list[str]
    azp: str | None = None
    email: str | None = None
    email_verified: Any = None
    """Only `true` counts; some servers write text."""
    name: str | None = None


def provider_of(settings: Settings) -> OidcProvider | None:
    """Return the server that the settings name, or None where they name none.

    Raises:
        ConfigError: Some of the three settings are there and some are not, or the issuer is no https address.
    """
    secret = settings.oidc_client_secret
    given = {
        "JOURNEY_OIDC_ISSUER": settings.oidc_issuer,
        "JOURNEY_OIDC_CLIENT_ID": settings.oidc_client_id,
        "JOURNEY_OIDC_CLIENT_SECRET": secret.get_secret_value() if secret else None,
    }
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        return None
    if missing:
        msg = f"{' and '.join(missing)} must be set as well"
        raise ConfigError(msg, hint="Set all three of JOURNEY_OIDC_*, or none of them.")
    issuer, client_id, client_secret = (str(value) for value in given.values())
    if not _is_safe(issuer):
        msg = f"JOURNEY_OIDC_ISSUER is {issuer!r}; an https address was expected"
        raise ConfigError(msg, hint="Give the issuer exactly as that server's own configuration has it.")
    return OidcProvider(issuer, client_id, client_secret)


def _client() -> httpx.Client:
    # A redirect could lead to any address; none of these endpoints has one.
    return httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)


def _fetch(client: httpx.Client, kind: type[AnswerT], address: str, **form: Any) -> AnswerT:  # noqa: ANN401
    """Return what the server answers; a form makes it a POST."""
    if not _is_safe(address):
        _refuse("an address of its configuration is not https")
    try:
        response = client.request("POST" if form else "GET", address, **form)
        response.raise_for_status()
        return kind.model_validate_json(response.content)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        msg = "the sign-in server cannot be reached, refused, or answered what was not expected; nobody was signed in"
        hint = "Try again, or sign in with a password; an admin can check JOURNEY_OIDC_*."
        raise IdentityProviderError(msg, hint=hint) from error


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.netloc) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _refuse(reason: str) -> NoReturn:
    msg = f"the sign-in server cannot be trusted: {reason}; nobody was signed in"
    raise IdentityProviderError(msg, hint="Start the sign-in again; an admin can check JOURNEY_OIDC_*.")
