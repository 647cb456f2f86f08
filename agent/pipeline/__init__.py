"""Stages put together: what the ways in call to take data in and to make something of it."""
