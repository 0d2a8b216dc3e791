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
    http_status = e.http_status, request_id = e.request_id
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
             unnest(:request_ids::varchar[]) as request_id) e
where calls.call_id = e.call_id;
