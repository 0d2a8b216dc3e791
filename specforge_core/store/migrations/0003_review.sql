-- Review: kinds of runs, who asked for what, versions by section, pins, decisions, templates. changes data: yes
alter table answers add column suggested boolean default false;
alter table answers add column author text;

alter table artifacts add column skipped_at timestamptz;
alter table artifacts add column skipped_by text;

alter table runs add column kind text default 'document';
alter table runs add column note text;
alter table runs add column author text;
alter table runs add column settled text;
alter table runs add column settled_at timestamptz;

alter table sections add column author text;

alter table artifact_versions add column author text;
alter table artifact_versions add column note text;

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

create table pins (
    artifact_id text not null,
    section text not null,
    author text,
    pinned_at timestamptz not null,
    primary key (artifact_id, section)
);

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

create table templates (
    template_id text primary key,
    content text not null,
    author text,
    created_at timestamptz not null
);
