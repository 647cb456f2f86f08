"""Every error the product raises on purpose, with a stable code and a hint.

```
JourneyError                  .code  .hint  .context
├ ConfigError                 a setting is missing or wrong                    exit 2
├ InputError                  the caller's data or arguments                   exit 1, HTTP 422
│  ├ UnreadableSourceError    a file cannot be read at all
│  ├ UnknownFormatError       no importer recognises a file
│  ├ MappingError             a mapping file does not fit its data
│  ├ ScopeError               a map's scope is plural, empty or matches nobody
│  ├ WeakPasswordError        a password is too short or too easily guessed
│  ├ TooLargeError            more was sent than is taken                       HTTP 413
│  └ SchemaError              a stored or imported document does not fit its schema
├ ConflictError               somebody else was first, or the state forbids it     HTTP 409
├ NotFoundError               an id is not in the stores                       HTTP 404
│  └ SpentLinkError           a one-time link is used, expired or unknown      HTTP 410
├ NotSignedInError            nobody is signed in, or no longer                HTTP 401
│  └ SignInFailedError        name and password do not belong together
├ AccessDeniedError           the role does not allow it                       HTTP 403
│  └ ForgedRequestError       a change was not asked for from our own page
├ TooManyAttemptsError        sign-in has to wait (retry_after_s)              HTTP 429
├ IdentityProviderError       the sign-in server failed or said what cannot be trusted    HTTP 502
├ RedactionError              personal data could not be removed: nothing is stored
├ StoreError                  the store cannot be read or written
│  ├ StoreLockedError         another process owns the home folder
│  ├ StoreFullError           no space is left on the device
│  ├ StoreVersionError        written by a newer version of the product
│  └ SplitFixedError          the split of a workspace cannot change any more
├ EncoderError                weights are missing or are not the expected ones
├ VectorIndexError            never named IndexError: that is a builtin
│  ├ IndexLockedError         another process owns the index
│  ├ IndexCorruptError        the index disagrees with the store
│  └ EmbeddingMismatchError   another model or dimension than the index was made with
├ ModelError                  a language model could not answer
│  ├ ModelTimeoutError        ├ ModelUnavailableError     ├ RateLimitedError (retry_after_s)
│  ├ ModelRefusedError        ├ MalformedOutputError      └ BudgetExceededError
└ EvidenceError               a draft is not released
   ├ UncitedClaimError        ├ UnknownCitationError      ├ QuoteMismatchError
   └ UnresolvedNumberError
```

A caller's mistake, a failed run and "tell the model" are different families. Vendors' exceptions stop at
their adapter and become one of these.
"""

from collections.abc import Mapping
from typing import ClassVar


class JourneyError(Exception):
    """Base of all errors of the product.

    Args:
        message: What failed, with identifiers quoted, and what was expected.
        hint: What the reader can do about it.
        context: Public facts for logs and JSON bodies; never customer text.
    """

    code: ClassVar[str] = "journey"

    def __init__(self, message: str, *, hint: str = "", context: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context: dict[str, object] = dict(context or {})


class ConfigError(JourneyError):
    """A setting is missing or wrong."""

    code = "config.invalid"


class InputError(JourneyError):
    """The caller's data or arguments cannot be used."""

    code = "input.invalid"


class UnreadableSourceError(InputError):
    """A file cannot be read at all."""

    code = "input.unreadable"


class UnknownFormatError(InputError):
    """No importer recognises a file."""

    code = "input.unknown_format"


class MappingError(InputError):
    """A mapping file does not fit its data."""

    code = "input.mapping"


class ScopeError(InputError):
    """A map's scope is plural, empty or matches nobody."""

    code = "input.scope"


class WeakPasswordError(InputError):
    """A password is too short or too easily guessed."""

    code = "input.weak_password"


class TooLargeError(InputError):
    """More was sent than is taken."""

    code = "input.too_large"


class SchemaError(InputError):
    """A stored or imported document does not fit its schema."""

    code = "input.schema"


class ConflictError(JourneyError):
    """Somebody else changed a thing first, or the state it is in does not allow a change."""

    code = "conflict"


class NotFoundError(JourneyError):
    """An id is not in the stores."""

    code = "not_found"


class SpentLinkError(NotFoundError):
    """A one-time link was used before, has expired, or never was."""

    code = "link.spent"


class NotSignedInError(JourneyError):
    """Nobody is signed in, or the session has ended.

    Args:
        message: What failed.
        ended: There was a session, and it is over.
        hint: What to do.
    """

    code = "access.not_signed_in"

    def __init__(self, message: str, *, ended: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint, context={"ended": ended})
        self.ended = ended


class SignInFailedError(NotSignedInError):
    """Name and password do not belong together; which of them is wrong is never said."""

    code = "access.sign_in_failed"


class AccessDeniedError(JourneyError):
    """The signed-in person's role does not allow it."""

    code = "access.denied"


class ForgedRequestError(AccessDeniedError):
    """A request that changes something does not prove that it comes from our own page."""

    code = "access.forged"


class TooManyAttemptsError(JourneyError):
    """Too many sign-ins failed; the next one has to wait.

    Args:
        message: What failed.
        retry_after_s: Whole seconds to wait, at least 1.
        hint: What to do.
    """

    code = "access.too_many_attempts"

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint, context={"retry_after_s": retry_after_s})
        self.retry_after_s = retry_after_s


class TooBusyError(JourneyError):
    """Somebody, or everybody together, has as much under way as is taken at once."""

    code = "too_busy"


class IdentityProviderError(JourneyError):
    """The sign-in server failed, or answered what cannot be trusted."""

    code = "access.identity_provider"


class RedactionError(JourneyError):
    """Personal data could not be removed, so the record is not stored."""

    code = "redaction.failed"


class StoreError(JourneyError):
    """The store cannot be read or written."""

    code = "store.failed"


class StoreLockedError(StoreError):
    """Another process owns the home folder."""

    code = "store.locked"


class StoreFullError(StoreError):
    """No space is left on the device."""

    code = "store.full"


class StoreVersionError(StoreError):
    """The store was written by a newer version of the product."""

    code = "store.version"


class SplitFixedError(StoreError):
    """The split of a workspace is fixed for good once anything is stored."""

    code = "store.split_fixed"


class EncoderError(JourneyError):
    """The encoder's weights are missing or are not the expected ones."""

    code = "encoder.weights"


class VectorIndexError(JourneyError):
    """The vector index cannot be used."""

    code = "index.failed"


class IndexLockedError(VectorIndexError):
    """Another process owns the vector index."""

    code = "index.locked"


class IndexCorruptError(VectorIndexError):
    """The vector index disagrees with the store."""

    code = "index.corrupt"


class EmbeddingMismatchError(VectorIndexError):
    """The index was made with another model or dimension."""

    code = "index.embedding_mismatch"


class ModelError(JourneyError):
    """A language model could not answer."""

    code = "model.failed"


class ModelTimeoutError(ModelError):
    """The model did not answer in time."""

    code = "model.timeout"


class ModelUnavailableError(ModelError):
    """The model server is away or failing."""

    code = "model.unavailable"


class RateLimitedError(ModelError):
    """The model server asks to wait.

    Args:
        message: What failed.
        retry_after_s: Seconds the server asks to wait, where it said so.
        hint: What to do.
    """

    code = "model.rate_limited"

    def __init__(self, message: str, *, retry_after_s: float | None, hint: str = "") -> None:
        super().__init__(message, hint=hint, context={"retry_after_s": retry_after_s})
        self.retry_after_s = retry_after_s


class ModelRefusedError(ModelError):
    """The model declined to answer."""

    code = "model.refused"


class MalformedOutputError(ModelError):
    """The model's answer does not fit the schema, after the allowed attempts."""

    code = "model.malformed"


class BudgetExceededError(ModelError):
    """The token budget of a task is used up."""

    code = "model.budget"


class EvidenceError(JourneyError):
    """A statement does not rest on the data, so it is not released."""

    code = "evidence.invalid"


class UncitedClaimError(EvidenceError):
    """A claim names no evidence."""

    code = "evidence.uncited"


class UnknownCitationError(EvidenceError):
    """A claim cites evidence that was not offered."""

    code = "evidence.unknown_citation"


class QuoteMismatchError(EvidenceError):
    """A quote is not what stands at the cited place."""

    code = "evidence.quote_mismatch"


class UnresolvedNumberError(EvidenceError):
    """A text states a quantity that no metric computed."""

    code = "evidence.unresolved_number"
