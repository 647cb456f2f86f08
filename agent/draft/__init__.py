"""Drafts a journey map: every cell a claim that rests on quotes, counts or both, or says that it is unknown."""
