"""Turns a journey map into JSON, Markdown, Mermaid and one self-contained page; adds nothing that is not in it."""
