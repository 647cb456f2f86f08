"""Scores used by the suites and by the training of the heads."""
