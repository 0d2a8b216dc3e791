"""Settings of the process, from environment variables and an optional `.env` file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from specforge_core.errors import InvalidSetting


class Settings(BaseSettings):
    """What an administrator may set. Every field is `SPECFORGE_<NAME>` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="SPECFORGE_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Path("data")
    streaming: Literal["on", "off"] = "on"  # off: pages show a document when it is whole
    max_runs: Annotated[int, Field(ge=1)] = 50  # runs written at once; further ones queue
    flush_ms: Annotated[int, Field(ge=0, le=1000)] = (
        40  # how long deltas are joined before a commit
    )
    heartbeat_s: Annotated[float, Field(gt=0)] = 2.0
    lease_s: Annotated[float, Field(gt=0)] = (
        15.0  # a running row not renewed for so long is an orphan
    )
    offline_tps: Annotated[float, Field(gt=0)] = 60.0  # pace of the offline drafter, tokens/s
    first_content_s: Annotated[float, Field(gt=0)] = 120.0  # request sent -> first content
    between_content_s: Annotated[float, Field(gt=0)] = 45.0  # between two pieces of content
    whole_answer_s: Annotated[float, Field(gt=0)] = 300.0  # for an answer that does not stream
    retries: Annotated[int, Field(ge=0, le=20)] = 3  # further requests after a passing failure
    retry_wait_s: Annotated[float, Field(gt=0)] = 1.0  # before the first retry; then doubled
    retry_cap_s: Annotated[float, Field(gt=0)] = 60.0  # the longest wait a provider may ask for
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None  # None: the model's own
    section_tokens: Annotated[int, Field(ge=16)] = 4_000  # output limit of one call
    continuations: Annotated[int, Field(ge=0)] = 3  # further calls when a section hits the limit

    @field_validator("data_dir")
    @classmethod
    def _home(cls, folder: Path) -> Path:
        return folder.expanduser()

    @classmethod
    def load(cls) -> Settings:
        """From the environment and `.env`. Raises `InvalidSetting` for the first wrong value."""
        try:
            return cls()
        except UnicodeDecodeError as exc:
            raise _unreadable() from exc
        except ValidationError as exc:
            wrong = exc.errors()[0]
            name = f"SPECFORGE_{'_'.join(map(str, wrong['loc'])).upper()}"
            raise InvalidSetting(
                f"{name}={str(wrong['input'])[:60]} cannot be used: {wrong['msg'].lower()}. "
                "Correct it in the environment or in .env."
            ) from exc


def environment() -> Mapping[str, str]:
    """Provider keys and base URLs live under the names that their own tools use.

    The catalog says which (`OPENAI_API_KEY`, `ANTHROPIC_BASE_URL` …), so a new
    provider needs no field here. The process's environment wins over `.env`.
    Raises `InvalidSetting` when `.env` is no text.
    """
    try:
        stored = {name: value for name, value in dotenv_values(".env").items() if value}
    except UnicodeDecodeError as exc:
        raise _unreadable() from exc
    return {**stored, **os.environ}


def _unreadable() -> InvalidSetting:
    path = Path(".env").resolve()
    return InvalidSetting(f"{path} is not UTF-8 text. Save it as UTF-8, then try again.")
