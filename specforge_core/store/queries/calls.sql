-- name: insert_calls!
insert into calls (call_id, run_id, section, attempt, provider, model, stream_mode, started_at, queue_wait_s)
select unnest(:call_ids::varchar[]), unnest(:run_ids::varchar[]), unnest(:sections::varchar[]),
       unnest(:attempts::integer[]), unnest(:providers::varchar[]), unnest(:models::varchar[]),
       unnest(:stream_modes::varchar[]), unnest(:moments::timestamptz[]),
       unnest(:queue_waits_s::double precision[])
on conflict do nothing;

-- name: finish_calls!
update calls
set ttft_s = e.ttft_s, ttfa_s = e.ttfa_s, duration_s = e.duration_s, decode_tps = e.decode_tps,
    input_tokens = e.input_tokens, output_tokens = e.output_tokens,
    reasoning_tokens = e.reasoning_tokens, cached_tokens = e.cached_tokens,
    token_source = e.token_source, finish_reason = e.finish_reason, end_reason = e.end_reason,
    error_category = e.error_category, error_message = e.error_message,
    http_status = e.http_status, request_id = e.request_id,
    stream_mode = e.stream_mode, cost_usd = e.cost_usd
from (select unnest(:call_ids::varchar[]) as call_id,
             unnest(:ttfts_s::double precision[]) as ttft_s,
             unnest(:ttfas_s::double precision[]) as ttfa_s,
             unnest(:durations_s::double precision[]) as duration_s,
             unnest(:decode_tps::double precision[]) as decode_tps,
             unnest(:input_tokens::bigint[]) as input_tokens,
             unnest(:output_tokens::bigint[]) as output_tokens,
             unnest(:reasoning_tokens::bigint[]) as reasoning_tokens,
             unnest(:cached_tokens::bigint[]) as cached_tokens,
             unnest(:token_sources::varchar[]) as token_source,
             unnest(:finish_reasons::varchar[]) as finish_reason,
             unnest(:end_reasons::varchar[]) as end_reason,
             unnest(:error_categories::varchar[]) as error_category,
             unnest(:error_messages::varchar[]) as error_message,
             unnest(:http_statuses::integer[]) as http_status,
             unnest(:request_ids::varchar[]) as request_id,
             unnest(:stream_modes::varchar[]) as stream_mode,
             unnest(:costs_usd::double precision[]) as cost_usd) e
where calls.call_id = e.call_id;

-- name: spent_usd$
-- Of all calls since a moment, or of a project's, without those of one attempt.
select coalesce(sum(c.cost_usd), 0)
from calls c
where c.started_at >= :since and not (c.run_id = :run_id and c.attempt = :attempt)
  and (:project_id::text is null or c.run_id in (
      select r.run_id from runs r join artifacts a on a.artifact_id = r.artifact_id
      where a.project_id = :project_id::text
  ));

-- name: call_costs
-- record_class: Cost
-- What the calls of a project have cost, by phase, run, section and who was asked. A call
-- under way has no cost yet; the cost of an ended one is null when its price is unknown.
select a.phase, c.run_id, c.section, c.provider, c.model,
       count(*) as calls,
       coalesce(sum(c.cost_usd), 0) as usd,
       count(*) filter (where c.cost_usd is null) as unknown,
       count(*) filter (where c.token_source <> 'provider' and c.cost_usd > 0) as estimated,
       coalesce(sum(c.input_tokens), 0) as input_tokens,
       coalesce(sum(c.output_tokens), 0) as output_tokens
from calls c
join runs r on r.run_id = c.run_id
join artifacts a on a.artifact_id = r.artifact_id
where a.project_id = :project_id and c.end_reason is not null
group by a.phase, c.run_id, c.section, c.provider, c.model
order by min(c.started_at);
