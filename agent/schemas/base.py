"""The base of all domain types: frozen, nothing unknown accepted."""

from pydantic import BaseModel, ConfigDict

Scalar = str | int | float | bool


class Frozen(BaseModel):
    """A value that never changes after it is made and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
