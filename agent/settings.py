"""Settings, read once from the environment by the ways in and passed down."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that can be set from outside; every variable starts with `JOURNEY_` unless an alias says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="JOURNEY_", frozen=True, extra="ignore", populate_by_name=True
    )

    home: Path = Path("journey-home")
    """Folder of all stores."""
    workspace: str = "default"
    """Brand whose stores are used."""
    cache_dir: Path = Path("~/.cache/journey-insight")
    """Folder of the built encoder."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    """Key of the model server; without a key or a base URL the offline analyst writes."""
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    """Any OpenAI-compatible server."""
    model: str = "gpt-5.4-mini"
    """Model that words themes, stages, opportunities and copy."""
    model_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds to wait for one answer."""
    model_max_retries: int = Field(default=3, ge=0)
    """Further tries after a rate limit, an outage or a time-out."""
    max_input_tokens: int = Field(default=60_000, gt=0)
    """Tokens one draft may send to a model."""
    warehouse_url: SecretStr | None = None
    """Ibis URL of the warehouse that holds the events; without one they are read into the lake."""
    warehouse_table: str | None = None
    """Its table of events, as `table`, `schema.table` or `catalog.schema.table`; for Polars a file's name."""
    oidc_issuer: str | None = None
    """Issuer URL of an OpenID Connect server that people may sign in with; needs the client's id and secret."""
    oidc_client_id: str | None = None
    """Id under which that server knows this product."""
    oidc_client_secret: SecretStr | None = None
    """Secret that goes with the id."""
    compute_ahead: bool = True
    """Compute what the first to ask would wait for; off, a small machine is spared and they wait."""
    threads: int | None = None
    """Threads of the encoder; all processors when unset."""

    @property
    def has_model(self) -> bool:
        """True where a language model is set up; False where the offline analyst writes."""
        return self.openai_api_key is not None or self.openai_base_url is not None
