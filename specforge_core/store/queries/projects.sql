-- name: insert_project!
insert into projects (project_id, title, description, created_at)
values (:project_id, :title, :description, :created_at);

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
insert into answers (project_id, phase, question, answer, updated_at)
values (:project_id, :phase, :question, :answer, :moment)
on conflict (project_id, phase, question)
do update set answer = excluded.answer, updated_at = excluded.updated_at;

-- name: answers
select phase, question, answer from answers
where project_id = :project_id and answer <> ''
order by phase, question;

-- name: add_artifact!
insert into artifacts (artifact_id, project_id, phase, created_at)
values (:artifact_id, :project_id, :phase, :moment)
on conflict (project_id, phase) do nothing;

-- name: artifact_id$
select artifact_id from artifacts where project_id = :project_id and phase = :phase;

-- name: insert_events!
insert into events (event_id, kind, project_id, run_id, detail, happened_at)
select unnest(:event_ids::varchar[]), unnest(:kinds::varchar[]), :project_id::text,
       unnest(:run_ids::varchar[]), '{}', unnest(:moments::timestamptz[]);

-- name: preference$
select setting from preferences where name = :name;

-- name: set_preference!
insert into preferences (name, setting, updated_at) values (:name, :setting, :moment)
on conflict (name) do update set setting = excluded.setting, updated_at = excluded.updated_at;
