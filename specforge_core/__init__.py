"""SpecForge's front door: pages, routes and the command line import from here only."""

from importlib import import_module
from typing import TYPE_CHECKING

from specforge_core.errors import (
    Conflict,
    ErrorCategory,
    InvalidInput,
    InvalidSetting,
    NotFound,
    Overtaken,
    ProviderError,
    SpecForgeError,
    StoreError,
)
from specforge_core.events import StreamMode
from specforge_core.fitted import QuestionList
from specforge_core.intake import (
    ANSWER_MAX,
    DESCRIPTION_MAX,
    DOCUMENT_MAX,
    NAME_MAX,
    NOTE_MAX,
    SECTION_MAX,
    TITLE_MAX,
)
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
    RunKind,
    Section,
    Settled,
    Step,
    StreamStatus,
    WorkStatus,
)
from specforge_core.review_records import (
    Answer,
    Decision,
    OwnTemplate,
    Proposal,
    ProposedSection,
    Version,
    VersionSection,
)
from specforge_core.settings import Settings
from specforge_core.templates import Template, waiting

if TYPE_CHECKING:
    from specforge_core.export import Exported, Format
    from specforge_core.export.handoff import Handoff
    from specforge_core.export.layout import slug
    from specforge_core.forge import Forge, restore_backup
    from specforge_core.review.assumptions import OpenPoint
    from specforge_core.review.coverage import Coverage, Mention
    from specforge_core.review.coverage import Row as CoverageRow
    from specforge_core.review.cut import cut, headed
    from specforge_core.review.definitions import Item as CoverageItem
    from specforge_core.review.diff import Comparison, Hunk, Span, compare
    from specforge_core.review.diff import Row as DiffRow
    from specforge_core.telemetry.metrics import LEAST_FOR_P95, Telemetry

# Imported when they are used: they bring a database and pandas, a second that a command
# which asks a provider need not wait.
_LATE = {
    "Forge": "forge",
    "restore_backup": "forge",
    "LEAST_FOR_P95": "telemetry.metrics",
    "Telemetry": "telemetry.metrics",
    "Comparison": "review.diff",
    "DiffRow": "review.diff:Row",
    "Hunk": "review.diff",
    "Span": "review.diff",
    "compare": "review.diff",
    "cut": "review.cut",
    "headed": "review.cut",
    "Coverage": "review.coverage",
    "CoverageItem": "review.definitions:Item",
    "CoverageRow": "review.coverage:Row",
    "Mention": "review.coverage",
    "OpenPoint": "review.assumptions",
    "Exported": "export",
    "Format": "export",
    "Handoff": "export.handoff",
    "slug": "export.layout",
}

__all__ = [
    "ANSWER_MAX",
    "DESCRIPTION_MAX",
    "DOCUMENT_MAX",
    "LEAST_FOR_P95",
    "NAME_MAX",
    "NOTE_MAX",
    "SECTION_MAX",
    "TITLE_MAX",
    "Answer",
    "Comparison",
    "Conflict",
    "ConnectionTest",
    "Cost",
    "Coverage",
    "CoverageItem",
    "CoverageRow",
    "Decision",
    "DiffRow",
    "ErrorCategory",
    "Exported",
    "Forge",
    "Format",
    "Handoff",
    "Health",
    "Hunk",
    "InvalidInput",
    "InvalidSetting",
    "LiveRun",
    "Mention",
    "ModelOption",
    "NotFound",
    "OpenPoint",
    "Overtaken",
    "OwnTemplate",
    "Phase",
    "PhaseState",
    "Policy",
    "Price",
    "PriceOverride",
    "Progress",
    "Project",
    "ProjectSummary",
    "Proposal",
    "ProposedSection",
    "ProviderError",
    "ProviderPolicy",
    "ProviderStatus",
    "Question",
    "QuestionList",
    "Run",
    "RunKind",
    "Section",
    "SectionSpec",
    "Settings",
    "Settled",
    "Span",
    "SpecForgeError",
    "Spending",
    "Step",
    "StoreError",
    "StreamMode",
    "StreamStatus",
    "Telemetry",
    "Template",
    "Version",
    "VersionSection",
    "WorkStatus",
    "compare",
    "cut",
    "headed",
    "restore_backup",
    "slug",
    "waiting",
]


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own = _LATE[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), own or name)
