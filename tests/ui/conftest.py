"""Pages under AppTest, on a real forge with the offline drafter at full speed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.components import session
from specforge_core import Forge, Project, Run, Settings, StoreError
from tests.loopback import LoopbackProvider
from tests.ui.driving import finish

NAVIGATION = Path(__file__).resolve().parents[2] / "pages" / "navigation.py"
Open = Callable[..., AppTest]
Write = Callable[..., Run]


@pytest.fixture(scope="session", autouse=True)
def _packages_are_read_once() -> Iterator[None]:
    """Each AppTest reads the metadata of every installed package, for components in them: 0.3 s."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", offline_tps=100_000, flush_ms=5, retries=0)


@pytest.fixture
def forge(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    monkeypatch.chdir(tmp_path)  # no `.env` of the developer
    with Forge.open(settings) as opened:
        session.serve(opened)
        yield opened
    session.serve(StoreError("The forge of this test is closed."))


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackProvider]:
    """A real HTTP server as the custom endpoint; its model has no known price."""
    with LoopbackProvider(size_kb=0.4) as server:
        monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
        monkeypatch.setenv("CUSTOM_MODEL", "house-model")
        monkeypatch.setenv("CUSTOM_API_KEY", "key-of-the-house-77aa")
        yield server


@pytest.fixture(autouse=True)
def quick_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole answer is replayed in a moment instead of two seconds for each section."""
    monkeypatch.setattr("specforge_core.providers.simulate.LONGEST_S", 0.08)


@pytest.fixture
def project(forge: Forge) -> Project:
    return forge.create_project("Vendor invoice approval", "Invoices wait 9 days for approval.")


@pytest.fixture
def open_page(forge: Forge) -> Open:
    """Opens a page as its address does: `open_page("phase.py", project=…, phase=…)`."""

    def opened(name: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(NAVIGATION), default_timeout=20)
        app.query_params.update(query)
        app.run()
        if name:
            app.switch_page(name).run()
        assert not app.exception
        return app

    return opened


@pytest.fixture
def write(forge: Forge, project: Project) -> Write:
    """`write("prd", functional="…")`: the whole document by the drafter, then words of a person."""

    def written(phase: str, **sections: str) -> Run:
        run = forge.generate(project.project_id, phase, "offline")
        finish(forge, run.run_id)
        for section in forge.live(run.run_id).sections:
            text = f"## {section.title}\n\n{sections.get(section.section, 'Nothing.')}\n"
            now = forge.fingerprint(run.run_id, section.section)
            forge.edit_section(run.run_id, section.section, text, now)
        return run

    return written
