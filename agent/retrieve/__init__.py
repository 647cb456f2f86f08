"""Finds the passages that answer a question, or says that the data does not."""
