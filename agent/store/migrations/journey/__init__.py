"""Migrations of the working side."""
