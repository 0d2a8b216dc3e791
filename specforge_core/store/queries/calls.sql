-- name: insert_call!
insert into calls (call_id, run_id, section, attempt, provider, model, stream_mode, started_at, queue_wait_s)
values (:call_id, :run_id, :section, :attempt, :provider, :model, :stream_mode, :moment, :queue_wait_s)
on conflict do nothing;

-- name: finish_call!
update calls
set ttft_s = :ttft_s, ttfa_s = :ttfa_s, duration_s = :duration_s, decode_tps = :decode_tps,
    input_tokens = :input_tokens, output_tokens = :output_tokens,
    reasoning_tokens = :reasoning_tokens, cached_tokens = :cached_tokens,
    token_source = :token_source, finish_reason = :finish_reason, end_reason = :end_reason,
    error_category = :error_category, error_message = :error_message,
    http_status = :http_status, request_id = :request_id
where call_id = :call_id;
