"""Held-out checking, scorers, the simulator and the suites that measure the product beside its peers."""
