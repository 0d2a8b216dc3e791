-- name: append_chunks!
-- One statement for all runs of a flush: DuckDB pays per statement. No `on conflict`:
-- it would cost as much again.
insert into chunks (run_id, seq, section, attempt, content, tokens, received_at, stored_at)
select unnest(:run_ids::varchar[]), unnest(:seqs::bigint[]), unnest(:sections::varchar[]),
       unnest(:attempts::integer[]), unnest(:contents::varchar[]), unnest(:tokens::integer[]),
       unnest(:received::timestamptz[]), :stored_at::timestamptz;

-- name: last_seq$
select coalesce(max(seq), 0) from chunks where run_id = :run_id;

-- name: chunks_after
select seq, section, attempt, content, tokens, received_at from chunks
where run_id = :run_id and seq > :after_seq
order by seq;

-- name: broken_runs
-- Runs whose stored chunks have a gap: part of the write-ahead log was lost.
select run_id from chunks group by run_id having count(*) <> max(seq);
