-- name: insert_project!
insert into projects (project_id, title, description, created_at)
values (:project_id, :title, :description, :created_at);

-- name: update_project!
update projects set title = :title, description = :description where project_id = :project_id;

-- name: project^
-- record_class: Project
select project_id, title, description, created_at from projects where project_id = :project_id;

-- name: find_projects
-- record_class: Project
select project_id, title, description, created_at
from projects
where position(lower(:search::text) in lower(title)) > 0
   or position(lower(:search::text) in lower(description)) > 0
order by created_at desc;

-- name: save_answer!
insert into answers (project_id, phase, question, answer, updated_at, suggested, author)
values (:project_id, :phase, :question, :answer, :moment, :suggested, :author)
on conflict (project_id, phase, question)
do update set answer = excluded.answer, updated_at = excluded.updated_at,
              suggested = excluded.suggested, author = excluded.author;

-- name: answers
-- record_class: Answer
select phase, question, answer, coalesce(suggested, false) as suggested, author, updated_at
from answers
where project_id = :project_id and answer <> ''
order by phase, question;

-- name: add_artifact!
insert into artifacts (artifact_id, project_id, phase, created_at)
values (:artifact_id, :project_id, :phase, :moment)
on conflict (project_id, phase) do nothing;

-- name: artifact_id$
select artifact_id from artifacts where project_id = :project_id and phase = :phase;

-- name: skip!
update artifacts set skipped_at = :moment, skipped_by = :author
where project_id = :project_id and phase = :phase;

-- name: skipped
-- The skipped phases of projects.
select project_id, phase from artifacts
where project_id in (select unnest(:project_ids::varchar[])) and skipped_at is not null;

-- name: pin!
insert into pins (artifact_id, section, author, pinned_at)
values (:artifact_id, :section, :author, :moment)
on conflict (artifact_id, section) do nothing;

-- name: unpin!
delete from pins where artifact_id = :artifact_id and section = :section;

-- name: pins
select p.section from pins p join artifacts a on a.artifact_id = p.artifact_id
where a.project_id = :project_id and a.phase = :phase;

-- name: decide!
insert into decisions (project_id, point, kind, phase, section, statement, answer, author, decided_at)
values (:project_id, :point, :kind, :phase, :section, :statement, :answer, :author, :moment)
on conflict (project_id, point)
do update set answer = excluded.answer, author = excluded.author, decided_at = excluded.decided_at;

-- name: undecide!
delete from decisions where project_id = :project_id and point = :point;

-- name: decisions
-- record_class: Decision
select point, kind, phase, section, statement, answer, author, decided_at
from decisions where project_id = :project_id
order by decided_at, point;

-- name: insert_template!
insert into templates (template_id, content, author, created_at)
values (:template_id, :content, :author, :moment);

-- name: templates
select template_id, content, author, created_at from templates order by created_at desc;

-- name: delete_template!
delete from templates where template_id = :template_id;

-- name: insert_events!
insert into events (event_id, kind, project_id, run_id, detail, happened_at)
select unnest(:event_ids::varchar[]), unnest(:kinds::varchar[]), :project_id::text,
       unnest(:run_ids::varchar[]), '{}', unnest(:moments::timestamptz[]);

-- name: preference$
select setting from preferences where name = :name;

-- name: set_preference!
insert into preferences (name, setting, updated_at) values (:name, :setting, :moment)
on conflict (name) do update set setting = excluded.setting, updated_at = excluded.updated_at;
