-- The declared schema: what all migrations together must give (a test compares them).
-- Types and syntax that DuckDB and PostgreSQL share. UTC timestamps, text UUIDv7 keys,
-- no foreign keys and no secondary indexes (DuckDB cannot alter a table that has them).

create table schema_migrations (
    version integer primary key,
    name text not null,
    applied_at timestamptz not null
);

create table projects (
    project_id text primary key,
    title text not null,
    description text not null,
    created_at timestamptz not null
);

-- suggested: by a model or a template, and not yet touched by a person.
create table answers (
    project_id text not null,
    phase text not null,
    question text not null,
    answer text not null,
    updated_at timestamptz not null,
    suggested boolean default false,
    author text,
    primary key (project_id, phase, question)
);

create table artifacts (
    artifact_id text primary key,
    project_id text not null,
    phase text not null,
    created_at timestamptz not null,
    skipped_at timestamptz,
    skipped_by text,
    unique (project_id, phase)
);

-- status: queued, running, complete, truncated, cancelled, provider_error, interrupted.
-- cancel_requested_at is a wish of a person; only the runner sets status.
-- kind: document, proposal, answers, questions. note: what the author asked for.
-- settled: what a person did with a proposal: accepted, dismissed.
create table runs (
    run_id text primary key,
    artifact_id text not null,
    provider text not null,
    model text not null,
    attempt integer not null,
    status text not null,
    queued_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    cancel_requested_at timestamptz,
    lease_owner text,
    heartbeat_at timestamptz,
    error_category text,
    error_message text,
    error_retryable boolean,
    error_status integer,
    error_request_id text,
    waiting_for text,
    waiting_until timestamptz,
    kind text default 'document',
    note text,
    author text,
    settled text,
    settled_at timestamptz
);

-- One row per section and attempt. The text is the chunks of from_attempt … attempt.
-- author: who wrote or accepted it, where that was a person.
create table sections (
    run_id text not null,
    section text not null,
    attempt integer not null,
    position integer not null,
    title text not null,
    status text not null,
    from_attempt integer not null,
    tokens bigint not null,
    provider text not null,
    model text not null,
    receipt text,
    started_at timestamptz,
    ended_at timestamptz,
    error_category text,
    error_message text,
    stream_mode text,
    author text,
    primary key (run_id, section, attempt)
);

-- Append-only. seq counts from 1 over the whole life of a run, without a gap.
create table chunks (
    run_id text not null,
    seq bigint not null,
    section text not null,
    attempt integer not null,
    content text not null,
    tokens integer not null,
    received_at timestamptz not null,
    stored_at timestamptz not null,
    primary key (run_id, seq)
);

-- One row per provider request; end_reason is null while it is under way.
create table calls (
    call_id text primary key,
    run_id text not null,
    section text not null,
    attempt integer not null,
    provider text not null,
    model text not null,
    stream_mode text not null,
    started_at timestamptz not null,
    queue_wait_s double precision not null,
    ttft_s double precision,
    ttfa_s double precision,
    duration_s double precision,
    decode_tps double precision,
    input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    cached_tokens bigint,
    token_source text,
    finish_reason text,
    end_reason text,
    error_category text,
    error_message text,
    http_status integer,
    request_id text,
    cost_usd double precision
);

-- kind: generated, regenerated, section_regen, edited, refined, restored.
create table artifact_versions (
    version_id text primary key,
    artifact_id text not null,
    run_id text not null,
    kind text not null,
    end_reason text not null,
    content text not null,
    created_at timestamptz not null,
    author text,
    note text
);

-- The sections of a version. Its content is their texts, those that are not empty, with an
-- empty line between two; characters: how long each is there.
create table version_sections (
    version_id text not null,
    section text not null,
    attempt integer not null,
    position integer not null,
    title text not null,
    status text not null,
    tokens bigint not null,
    provider text not null,
    model text not null,
    author text,
    characters integer not null,
    primary key (version_id, section)
);

-- Sections that a new generation leaves alone.
create table pins (
    artifact_id text not null,
    section text not null,
    author text,
    pinned_at timestamptz not null,
    primary key (artifact_id, section)
);

create table events (
    event_id text primary key,
    kind text not null,
    project_id text,
    run_id text,
    detail text not null,
    happened_at timestamptz not null
);

create table preferences (
    name text primary key,
    setting text not null,
    updated_at timestamptz not null
);

-- What a person has decided about an assumption or an open question of a document.
create table decisions (
    project_id text not null,
    point text not null,
    kind text not null,
    phase text not null,
    section text not null,
    statement text not null,
    answer text not null,
    author text,
    decided_at timestamptz not null,
    primary key (project_id, point)
);

-- Templates made from projects; content is the TOML that the shipped ones are written in.
create table templates (
    template_id text primary key,
    content text not null,
    author text,
    created_at timestamptz not null
);

-- A run with the project and the phase it writes for: the fields of the record `Run`.
create view run_records as
select r.run_id, a.project_id, a.phase, r.provider, r.model, r.attempt, r.status, r.queued_at,
       r.started_at, r.ended_at, r.cancel_requested_at, r.error_category, r.error_message,
       r.error_retryable, r.error_status, r.error_request_id, r.waiting_for, r.waiting_until,
       r.kind, r.note, r.author, r.settled
from runs r join artifacts a on a.artifact_id = r.artifact_id;
