"""Reads what customers said: sentiment, themes, pain points and the statistics behind every number."""
