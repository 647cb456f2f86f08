"""Prompts as files: data with declared inputs, no logic."""
