"""SpecForge's front door: pages, routes and the command line import from here only."""

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
from specforge_core.forge import Forge, restore_backup
from specforge_core.intake import ANSWER_MAX, DESCRIPTION_MAX, TITLE_MAX
from specforge_core.phases import Phase, Question, SectionSpec
from specforge_core.policy import Policy, PriceOverride, ProviderPolicy
from specforge_core.providers.prices import Price
from specforge_core.records import (
    ConnectionTest,
    Cost,
    Health,
    LiveRun,
    ModelOption,
    PhaseState,
    Progress,
    Project,
    ProjectSummary,
    ProviderStatus,
    Run,
    Section,
    StreamStatus,
    Version,
    WorkStatus,
)
from specforge_core.settings import Settings
from specforge_core.telemetry.metrics import LEAST_FOR_P95, Telemetry

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
    "StoreError",
    "StreamMode",
    "StreamStatus",
    "Telemetry",
    "Version",
    "WorkStatus",
    "restore_backup",
]
