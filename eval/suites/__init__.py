"""Benchmarks, one module a suite: ours beside the named peer, in turn, in one run."""
