"""Domain types, frozen, one module a family; import them from their module."""
