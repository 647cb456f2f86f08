"""Every way in and out; this package wires the stages together and holds no logic of its own."""
