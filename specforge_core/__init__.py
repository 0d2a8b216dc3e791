"""SpecForge's front door: pages, routes and the command line import from here only."""

from importlib import import_module
from typing import TYPE_CHECKING

from specforge_core.errors import (
    Conflict,
    ErrorCategory,
    InvalidInput,
    InvalidSetting,
    NotFound,
    ProviderError,
    SpecForgeError,
    StoreError,
)
from specforge_core.events import StreamMode
from specforge_core.intake import ANSWER_MAX, DESCRIPTION_MAX, TITLE_MAX
from specforge_core.phases import Phase, Question, SectionSpec
from specforge_core.policy import Policy, PriceOverride, ProviderPolicy
from specforge_core.provider_records import (
    ConnectionTest,
    Cost,
    ModelOption,
    ProviderStatus,
    Spending,
)
from specforge_core.providers.prices import Price
from specforge_core.records import (
    Health,
    LiveRun,
    PhaseState,
    Progress,
    Project,
    ProjectSummary,
    Run,
    Section,
    StreamStatus,
    Version,
    WorkStatus,
)
from specforge_core.settings import Settings

if TYPE_CHECKING:
    from specforge_core.forge import Forge, restore_backup
    from specforge_core.telemetry.metrics import LEAST_FOR_P95, Telemetry

# Imported when they are used: they bring a database and pandas, a second that a command
# which asks a provider need not wait.
_LATE = {
    "Forge": "forge",
    "restore_backup": "forge",
    "LEAST_FOR_P95": "telemetry.metrics",
    "Telemetry": "telemetry.metrics",
}

__all__ = [
    "ANSWER_MAX",
    "DESCRIPTION_MAX",
    "LEAST_FOR_P95",
    "TITLE_MAX",
    "Conflict",
    "ConnectionTest",
    "Cost",
    "ErrorCategory",
    "Forge",
    "Health",
    "InvalidInput",
    "InvalidSetting",
    "LiveRun",
    "ModelOption",
    "NotFound",
    "Phase",
    "PhaseState",
    "Policy",
    "Price",
    "PriceOverride",
    "Progress",
    "Project",
    "ProjectSummary",
    "ProviderError",
    "ProviderPolicy",
    "ProviderStatus",
    "Question",
    "Run",
    "Section",
    "SectionSpec",
    "Settings",
    "SpecForgeError",
    "Spending",
    "StoreError",
    "StreamMode",
    "StreamStatus",
    "Telemetry",
    "Version",
    "WorkStatus",
    "restore_backup",
]


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
