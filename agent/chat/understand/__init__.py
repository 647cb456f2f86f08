"""What a marketer asks in free wording, as typed requests: understood by the bundled encoder, words and names alone."""

from agent.chat.understand.understanding import understand
from agent.chat.understand.understood import Cannot, Item, Previous, Understood
from agent.chat.understand.vocabulary import Named, Trait, Vocabulary

__all__ = ["Cannot", "Item", "Named", "Previous", "Trait", "Understood", "Vocabulary", "understand"]
