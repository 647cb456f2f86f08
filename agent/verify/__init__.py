"""Checks that every quote stands in the data and every number can be computed again."""
