"""Texts to token ids, whatever the texts hold."""

from collections.abc import Sequence
from typing import Any, cast

from tokenizers import Tokenizer


class WordPieces:
    """The encoder's own tokenizer; each text becomes its tokens between the two that frame every text.

    Args:
        definition: JSON of the tokenizer.
        max_tokens: Longest result, frame included; None for whole texts.
    """

    def __init__(self, definition: str, *, max_tokens: int | None) -> None:
        self._tokenizer = Tokenizer.from_str(definition)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # Customer text is data: what looks like a control token in it is read as ordinary characters.
        self._tokenizer.encode_special_tokens = True
        if max_tokens is not None:
            cast("Any", self._tokenizer).enable_truncation(max_tokens)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        readable = [_well_formed(text) for text in texts]
        return [found.ids for found in self._tokenizer.encode_batch_fast(readable)]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        readable = [_well_formed(text) for text in texts]
        return [len(found) for found in self._tokenizer.encode_batch_fast(readable)]


def _well_formed(text: str) -> str:
    """Return the text with surrogate pairs joined and lone surrogates replaced, so that it is valid Unicode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
