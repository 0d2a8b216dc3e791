-- name: insert_run!
insert into runs (run_id, artifact_id, provider, model, attempt, status, queued_at, lease_owner,
                  heartbeat_at, kind, note, author)
values (:run_id, :artifact_id, :provider, :model, 1, 'queued', :moment, :owner, :moment, :kind,
        :note, :author);

-- name: queue_again!
-- The next attempt of a run: what an earlier attempt left behind is wiped.
update runs
set attempt = :attempt, status = 'queued', provider = :provider, model = :model,
    queued_at = :moment, started_at = null, ended_at = null, cancel_requested_at = null,
    lease_owner = :owner, heartbeat_at = :moment,
    error_category = null, error_message = null, error_retryable = null,
    error_status = null, error_request_id = null, waiting_for = null, waiting_until = null,
    note = :note, author = :author
where run_id = :run_id;

-- name: run^
-- record_class: Run
select * from run_records
where run_id = :run_id;

-- name: latest_run^
-- record_class: Run
select * from run_records
where project_id = :project_id and phase = :phase and kind = :kind
order by run_id desc
limit 1;

-- name: phase_runs
-- record_class: Run
-- The runs of one kind, oldest first.
select * from run_records
where project_id = :project_id and phase = :phase and kind = :kind
order by run_id;

-- name: question_runs
-- The whole runs that were asked for questions, newest first, and whether what came is wanted.
select run_id, phase, settled is null as wanted from run_records
where project_id = :project_id and kind = 'questions' and status = 'complete'
order by run_id desc;

-- name: single_texts
-- The stored text of runs that have one section.
select c.run_id, string_agg(c.content, '' order by c.seq) as content
from chunks c
join (select run_id, max(from_attempt) as from_attempt from sections
      where run_id in (select unnest(:run_ids::varchar[]))
      group by run_id) s
  on s.run_id = c.run_id and c.attempt >= s.from_attempt
where c.run_id in (select unnest(:run_ids::varchar[]))
group by c.run_id;

-- name: settle!
update runs set settled = :settled, settled_at = :moment
where run_id in (select unnest(:run_ids::varchar[]));

-- name: runs
-- record_class: Run
select * from run_records
order by run_id desc
limit :most;

-- name: project_runs
-- record_class: Run
-- The latest run of one kind of every artifact of the given projects.
select * from run_records
where project_id in (select unnest(:project_ids::varchar[]))
  and run_id in (select max(run_id) from runs where kind = :kind group by artifact_id);

-- name: request_cancel!
update runs set cancel_requested_at = :moment
where run_id = :run_id and status in ('queued', 'running') and cancel_requested_at is null;

-- name: start_runs!
update runs set status = 'running', started_at = e.moment, heartbeat_at = e.moment
from (select unnest(:run_ids::varchar[]) as run_id, unnest(:attempts::integer[]) as attempt,
             unnest(:moments::timestamptz[]) as moment) e
where runs.run_id = e.run_id and runs.attempt = e.attempt;

-- name: finish_runs!
update runs
set status = e.end_reason, ended_at = e.moment, error_category = e.error_category,
    error_message = e.error_message, error_retryable = e.retryable,
    error_status = e.http_status, error_request_id = e.request_id,
    waiting_for = null, waiting_until = null
from (select unnest(:run_ids::varchar[]) as run_id, unnest(:attempts::integer[]) as attempt,
             unnest(:moments::timestamptz[]) as moment,
             unnest(:end_reasons::varchar[]) as end_reason,
             unnest(:error_categories::varchar[]) as error_category,
             unnest(:error_messages::varchar[]) as error_message,
             unnest(:retryables::boolean[]) as retryable,
             unnest(:http_statuses::integer[]) as http_status,
             unnest(:request_ids::varchar[]) as request_id) e
where runs.run_id = e.run_id and runs.attempt = e.attempt;

-- name: tell_waiting!
update runs set waiting_for = nullif(e.reason, ''), waiting_until = e.until_moment
from (select unnest(:run_ids::varchar[]) as run_id, unnest(:attempts::integer[]) as attempt,
             unnest(:reasons::varchar[]) as reason,
             unnest(:untils::timestamptz[]) as until_moment) e
where runs.run_id = e.run_id and runs.attempt = e.attempt;

-- name: renew_leases!
update runs set heartbeat_at = :moment
where run_id in (select unnest(:run_ids::varchar[]));

-- name: orphans
-- Runs at work that nobody looks after: their owner is another process, or their lease ran out.
select run_id from runs
where status in ('queued', 'running')
  and (lease_owner <> :owner or heartbeat_at < :stale_before)
  and run_id not in (select unnest(:looked_after::varchar[]))
order by run_id;

-- name: interrupt_runs!
update runs set status = 'interrupted', ended_at = :moment, waiting_for = null, waiting_until = null
where run_id in (select unnest(:run_ids::varchar[])) and status in ('queued', 'running');

-- name: interrupt_sections!
update sections
set status = 'interrupted', ended_at = :moment,
    tokens = (select coalesce(sum(c.tokens), 0) from chunks c
              where c.run_id = sections.run_id and c.section = sections.section
                and c.attempt between sections.from_attempt and sections.attempt)
where run_id in (select unnest(:run_ids::varchar[])) and status = 'running';

-- name: interrupt_calls!
-- A section's attempt may take several calls: the text from before this one is theirs.
update calls
set end_reason = 'interrupted', token_source = 'estimate',
    output_tokens = (select coalesce(sum(c.tokens), 0) from chunks c
                     where c.run_id = calls.run_id and c.section = calls.section
                       and c.attempt = calls.attempt and c.received_at >= calls.started_at)
where run_id in (select unnest(:run_ids::varchar[])) and end_reason is null;

-- name: queue_place$
-- 1 for the next one to begin; 0 or less for one that begins at once, as there is room.
select count(*) + 1 + (select count(*) from runs where status = 'running') - :max_runs
from runs
where status = 'queued'
  and (queued_at < :queued_at or (queued_at = :queued_at and run_id < :run_id));

-- name: count_queued$
select count(*) from runs where status = 'queued';

-- name: insert_sections!
insert into sections (run_id, section, attempt, position, title, status, from_attempt,
                      tokens, provider, model)
select :run_id::text, unnest(:sections::varchar[]), :attempt::integer,
       unnest(:positions::integer[]), unnest(:titles::varchar[]), 'queued',
       unnest(:from_attempts::integer[]), unnest(:tokens::bigint[]),
       :provider::text, :model::text;

-- name: put_sections!
-- Sections whose text is there already: edited, restored, accepted or pinned.
insert into sections (run_id, section, attempt, position, title, status, from_attempt, tokens,
                      provider, model, receipt, started_at, ended_at, stream_mode, author)
select :run_id::text, unnest(:sections::varchar[]), :attempt::integer,
       unnest(:positions::integer[]), unnest(:titles::varchar[]), unnest(:statuses::varchar[]),
       :attempt::integer, unnest(:tokens::bigint[]), unnest(:providers::varchar[]),
       unnest(:models::varchar[]), unnest(:receipts::varchar[]), :moment::timestamptz,
       :moment::timestamptz, unnest(:stream_modes::varchar[]), unnest(:authors::varchar[]);

-- name: section_attempts
-- record_class: Section
select run_id, section, attempt, position, title, status, from_attempt, tokens,
       provider, model, started_at, ended_at, error_category, error_message, stream_mode, author
from sections
where run_id = :run_id
order by position, attempt;

-- name: receipts
select s.run_id, s.section, s.attempt, s.receipt from sections s
where s.run_id in (select unnest(:run_ids::varchar[])) and s.receipt is not null
order by s.run_id, s.position, s.attempt;

-- name: start_sections!
update sections
set status = 'running', started_at = e.moment, receipt = e.receipt
from (select unnest(:run_ids::varchar[]) as run_id, unnest(:sections::varchar[]) as section,
             unnest(:attempts::integer[]) as attempt, unnest(:receipts::varchar[]) as receipt,
             unnest(:moments::timestamptz[]) as moment) e
where sections.run_id = e.run_id and sections.section = e.section
  and sections.attempt = e.attempt;

-- name: finish_sections!
-- A section ends once: a commit that is tried again must not add the tokens again.
update sections
set status = e.end_reason, ended_at = e.moment, error_category = e.error_category,
    error_message = e.error_message, tokens = sections.tokens + e.added
from (select unnest(:run_ids::varchar[]) as run_id, unnest(:sections::varchar[]) as section,
             unnest(:attempts::integer[]) as attempt, unnest(:moments::timestamptz[]) as moment,
             unnest(:end_reasons::varchar[]) as end_reason, unnest(:tokens::bigint[]) as added,
             unnest(:error_categories::varchar[]) as error_category,
             unnest(:error_messages::varchar[]) as error_message) e
where sections.run_id = e.run_id and sections.section = e.section
  and sections.attempt = e.attempt and sections.ended_at is null;

-- name: name_authors!
-- Who was asked for a section, and how the answer streamed: its latest call says it.
update sections set provider = c.provider, model = c.model, stream_mode = c.stream_mode
from calls c
where c.call_id in (select unnest(:call_ids::varchar[]))
  and sections.run_id = c.run_id and sections.section = c.section
  and sections.attempt = c.attempt;

-- name: section_counts
-- Sections done and planned of the given runs.
select s.run_id, count(*) filter (where s.status = 'complete') as done, count(*) as planned
from sections s
join (select run_id, section, max(attempt) as attempt from sections group by run_id, section) newest
  on newest.run_id = s.run_id and newest.section = s.section and newest.attempt = s.attempt
where s.run_id in (select unnest(:run_ids::varchar[]))
group by s.run_id;

-- name: settle_run!
-- After a person brought an earlier text back: whole if every section is, else paused.
update runs
set attempt = :attempt, error_category = null, error_message = null, error_retryable = null,
    error_status = null, error_request_id = null, cancel_requested_at = null,
    status = case when exists (
        select 1 from sections s
        join (select section, max(attempt) as attempt from sections where run_id = :run_id group by section) newest
          on newest.section = s.section and newest.attempt = s.attempt
        where s.run_id = :run_id and s.status <> 'complete'
    ) then 'interrupted' else 'complete' end
where run_id = :run_id;

-- name: keep_versions!
-- The stored text of documents, if they have any: the latest attempt of each section, an
-- empty line between two.
insert into artifact_versions (version_id, artifact_id, run_id, kind, end_reason, content,
                               created_at, author, note)
select e.version_id, r.artifact_id, r.run_id,
       coalesce(:kind::text, case when r.attempt > 1 and exists (
                select 1 from artifact_versions v where v.run_id = r.run_id and v.end_reason = 'complete'
            ) then 'section_regen'
            when exists (
                select 1 from artifact_versions v
                where v.artifact_id = r.artifact_id and v.run_id <> r.run_id
            ) then 'regenerated'
            else 'generated' end),
       r.status, document.content, e.moment,
       case when :kind::text is null then r.author else :author::text end,
       case when :kind::text is null then r.note else :note::text end
from (select unnest(:version_ids::varchar[]) as version_id,
             unnest(:run_ids::varchar[]) as run_id,
             unnest(:moments::timestamptz[]) as moment) e
join runs r on r.run_id = e.run_id and r.kind = 'document'
join (
    select run_id, string_agg(body, chr(10) || chr(10) order by position) as content from (
        select s.run_id, s.position,
               trim(string_agg(c.content, '' order by c.seq), chr(10)) as body
        from sections s
        join (select run_id, section, max(attempt) as attempt from sections
              where run_id in (select unnest(:run_ids::varchar[]))
              group by run_id, section) newest
          on newest.run_id = s.run_id and newest.section = s.section and newest.attempt = s.attempt
        join chunks c on c.run_id = s.run_id and c.section = s.section
         and c.attempt between s.from_attempt and s.attempt
        where c.run_id in (select unnest(:run_ids::varchar[]))
        group by s.run_id, s.position
    ) texts
    where body <> ''
    group by run_id
) document on document.run_id = r.run_id
where document.content <> '';

-- name: keep_version_sections!
-- What the sections of just kept versions are, and how long each one's text is in them.
insert into version_sections (version_id, section, attempt, position, title, status, tokens, provider,
                              model, author, characters)
select v.version_id, s.section, s.attempt, s.position, s.title, s.status, s.tokens, s.provider, s.model,
       s.author,
       coalesce((select length(trim(string_agg(c.content, '' order by c.seq), chr(10)))
                 from chunks c
                 where c.run_id = s.run_id and c.section = s.section
                   and c.attempt between s.from_attempt and s.attempt), 0)
from artifact_versions v
join sections s on s.run_id = v.run_id
join (select run_id, section, max(attempt) as attempt from sections
      where run_id in (select unnest(:run_ids::varchar[]))
      group by run_id, section) newest
  on newest.run_id = s.run_id and newest.section = s.section and newest.attempt = s.attempt
where v.version_id in (select unnest(:version_ids::varchar[]));

-- name: versions
-- record_class: Version
-- Newest first.
select v.version_id, a.project_id, a.phase, v.run_id, v.kind, v.end_reason, length(v.content) as characters,
       v.created_at, v.author, v.note
from artifact_versions v join artifacts a on a.artifact_id = v.artifact_id
where a.project_id = :project_id and a.phase = :phase
order by v.version_id desc
limit :most;

-- name: version^
-- record_class: Version
select v.version_id, a.project_id, a.phase, v.run_id, v.kind, v.end_reason, length(v.content) as characters,
       v.created_at, v.author, v.note
from artifact_versions v join artifacts a on a.artifact_id = v.artifact_id
where v.version_id = :version_id;

-- name: version_text$
select content from artifact_versions where version_id = :version_id;

-- name: latest_version^
-- record_class: Version
-- The newest one of an artifact, the newest whole one first where there is one.
select v.version_id, a.project_id, a.phase, v.run_id, v.kind, v.end_reason, length(v.content) as characters,
       v.created_at, v.author, v.note
from artifact_versions v join artifacts a on a.artifact_id = v.artifact_id
where a.project_id = :project_id and a.phase = :phase
order by v.end_reason = 'complete' desc, v.version_id desc
limit 1;

-- name: whole_documents
-- The newest whole text of each artifact of a project.
select a.phase, v.version_id, v.content, v.run_id
from artifacts a
join (select artifact_id, max(version_id) as version_id from artifact_versions
      where end_reason = 'complete'
        and artifact_id in (select artifact_id from artifacts where project_id = :project_id)
      group by artifact_id) newest
  on newest.artifact_id = a.artifact_id
join artifact_versions v on v.version_id = newest.version_id
where a.project_id = :project_id;

-- name: sections_of_versions
-- record_class: VersionSection
select version_id, section, attempt, position, title, status, tokens, provider, model, author,
       characters
from version_sections where version_id in (select unnest(:version_ids::varchar[]))
order by version_id, position;

-- name: keep_suggestions!
-- Suggested answers that have just been written to their end become answers, unless a person
-- has typed one since the suggestion was asked for. One that is too long ends with a whole word
-- and an ellipsis, so that a person sees it.
insert into answers (project_id, phase, question, answer, updated_at, suggested, author)
select a.project_id, a.phase, s.section,
       case when length(texts.answer) <= :longest::integer then texts.answer
            else regexp_replace(left(texts.answer, :longest::integer - 1), '\s+\S{0,100}$', '') || '…'
       end,
       r.queued_at, true, null
from sections s
join runs r on r.run_id = s.run_id and r.kind = 'answers'
join artifacts a on a.artifact_id = r.artifact_id
join (select unnest(:run_ids::varchar[]) as run_id, unnest(:sections::varchar[]) as section,
             unnest(:attempts::integer[]) as attempt) e
  on e.run_id = s.run_id and e.section = s.section and e.attempt = s.attempt
join (select c.run_id, c.section,
             trim(string_agg(c.content, '' order by c.seq), ' ' || chr(10)) as answer
      from chunks c
      where c.run_id in (select unnest(:run_ids::varchar[]))
      group by c.run_id, c.section) texts
  on texts.run_id = s.run_id and texts.section = s.section
where texts.answer <> ''
on conflict (project_id, phase, question)
do update set answer = excluded.answer, updated_at = excluded.updated_at, suggested = true,
              author = null
where answers.updated_at <= excluded.updated_at;

-- name: set_receipt!
update sections set receipt = :receipt
where run_id = :run_id and section = :section and attempt = :attempt;

-- name: receipt$
select receipt from sections
where run_id = :run_id and section = :section and attempt = :attempt;
