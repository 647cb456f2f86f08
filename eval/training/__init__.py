"""Training of the small heads in `agent/analyse/heads`; the data stays outside the repository."""
