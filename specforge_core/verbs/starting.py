"""Verbs on templates: those that ship, and those that were made from projects."""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping

from pydantic import ValidationError

from specforge_core import intake
from specforge_core.errors import InvalidInput, NotFound
from specforge_core.ids import new_id
from specforge_core.review_records import OwnTemplate
from specforge_core.store.sql import queries
from specforge_core.templates import (
    Template,
    load_templates,
    template_problems,
    write_template,
)
from specforge_core.verbs.shared import Verbs

log = logging.getLogger(__name__)


class TemplateVerbs(Verbs):
    def template_problems(self) -> tuple[str, ...]:
        """What of the template files could not be used, each a sentence."""
        return template_problems(
            {phase.name: [one.key for one in phase.questions] for phase in self.phases()}
        )

    def templates(self) -> Mapping[str, Template]:
        """By the name to create a project with: the team's own, newest first, then the others."""
        own = {one.template_id: one.template for one in self.own_templates()}
        return own | dict(load_templates())

    def own_templates(self) -> list[OwnTemplate]:
        """Those made from projects, newest first."""
        found = []
        rows = queries().templates(self._database.reader())
        for template_id, content, author, created_at in rows:
            try:
                template = Template.model_validate(tomllib.loads(content))
            except (tomllib.TOMLDecodeError, ValidationError) as exc:
                log.warning("the stored template %s is not used: %s", template_id, exc)
                continue
            found.append(OwnTemplate(template_id, template, author, created_at))
        return found

    def template(self, name: str) -> Template:
        """Raises `NotFound`."""
        found = self.templates().get(name)
        if found is None:
            raise NotFound("There is no such template any more. Choose another one.")
        return found

    def save_template(
        self, project_id: str, title: str, category: str, author: str = ""
    ) -> OwnTemplate:
        """A project's description and answers, for the next one. Raises `InvalidInput`, `NotFound`.

        What a person would have to say anew stands in it as it stands in the project.
        """
        project = queries().project(self._database.reader(), project_id=project_id)
        if project is None:
            raise NotFound("There is no such project. Open the list of projects and choose one.")
        answers: dict[str, dict[str, str]] = {}
        for row in queries().answers(self._database.reader(), project_id=project_id):
            spec = self._phases.get(row.phase)
            if spec and row.question in {one.key for one in spec.questions}:
                answers.setdefault(row.phase, {})[row.question] = row.answer
        name, summary = intake.title(title), " ".join(project.description.split())
        try:
            template = Template(
                name=_key(name),
                title=name,
                order=1,
                category=" ".join(intake.clean(category).split())[:60] or "Own",
                summary=summary[:160],
                description=project.description,
                answers=answers,
            )
        except ValidationError as exc:
            raise InvalidInput("title", f"{exc.errors()[0]['msg']}.") from exc
        saved = OwnTemplate(new_id(), template, intake.name(author), self._clock.now())
        with self._database.transaction() as cursor:
            queries().insert_template(
                cursor,
                template_id=saved.template_id,
                content=write_template(template),
                author=saved.author,
                moment=saved.created_at,
            )
        return saved

    def delete_template(self, template_id: str) -> None:
        """One of the team's own; projects made from it stay as they are."""
        with self._database.transaction() as cursor:
            queries().delete_template(cursor, template_id=template_id)


def _key(title: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", key)[:40].strip("-") or "own"
