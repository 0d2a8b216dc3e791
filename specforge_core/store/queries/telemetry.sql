-- Speed percentiles are over whole calls that streamed by themselves: an error, a cancel
-- or a replayed answer says nothing about a provider's speed. They are interpolated
-- (percentile_cont), never averaged. A p95 needs :least rows. A call that has not ended
-- has no cost yet; that of an ended one is null when its price is unknown.

-- name: total_calls$
select count(*) from calls;

-- name: summary
-- Two percentiles of one column are asked for at once: each sorts it anew.
with of_each as (
    select provider,
           count(*) as calls,
           count(*) filter (where end_reason = 'provider_error') as errors,
           count(*) filter (where end_reason = 'cancelled') as cancelled,
           count(*) filter (where stream_mode <> 'native') as simulated,
           count(ttft_s) filter (where stream_mode = 'native' and end_reason in ('complete', 'truncated')) as measured,
           percentile_cont(array[0.5, 0.95]) within group (order by ttft_s)
               filter (where stream_mode = 'native' and end_reason in ('complete', 'truncated')) as ttft_s,
           percentile_cont(0.5) within group (order by decode_tps)
               filter (where stream_mode = 'native' and end_reason in ('complete', 'truncated')) as decode_tps_p50,
           coalesce(sum(input_tokens), 0) as input_tokens,
           coalesce(sum(output_tokens), 0) as output_tokens,
           sum(cost_usd) as cost_usd,
           count(*) filter (where cost_usd is null and end_reason is not null) as cost_unknown,
           count(*) filter (where token_source <> 'provider') as estimated
    from calls
    where started_at >= :since and started_at < :until
      and (:all_providers or provider = any(:providers::varchar[]))
    group by provider
)
select provider, calls, errors, cancelled, simulated, measured,
       ttft_s[1] as ttft_p50_s, ttft_s[2] as ttft_p95_s, decode_tps_p50,
       input_tokens, output_tokens, cost_usd, cost_unknown, estimated
from of_each
order by provider;

-- name: over_time
-- Buckets are cut in UTC without a time zone: with one, DuckDB asks a calendar for each row.
with measured as (
    select date_trunc(:bucket::text, timestamp '1970-01-01'
               + floor(extract(epoch from started_at))::bigint * interval '1 second') as bucket_at,
           provider, ttft_s, decode_tps
    from calls
    where started_at >= :since and started_at < :until
      and (:all_providers or provider = any(:providers::varchar[]))
      and stream_mode = 'native' and end_reason in ('complete', 'truncated')
), buckets as (
    select bucket_at, provider,
           count(ttft_s) as n,
           percentile_cont(0.5) within group (order by ttft_s) as p50_s,
           case when count(ttft_s) >= :least then percentile_cont(0.95) within group (order by ttft_s) end as p95_s,
           count(decode_tps) as n_speed,
           percentile_cont(0.5) within group (order by decode_tps) as p50_tps
    from measured
    group by bucket_at, provider
)
select bucket_at at time zone 'UTC' as bucket_at, provider, n, p50_s, p95_s, n_speed, p50_tps
from buckets
order by 1, 2;

-- name: measured_span^
select min(started_at), max(started_at) from calls
where started_at >= :since and started_at < :until and provider = :busiest
  and ttft_s is not null and stream_mode = 'native' and end_reason in ('complete', 'truncated');

-- name: bucket_sizes^
-- How many buckets a provider's measured calls fall into, and how many are in a typical one.
select count(*), percentile_cont(0.5) within group (order by n)
from (
    select count(*) as n from calls
    where started_at >= :since and started_at < :until and provider = :busiest
      and ttft_s is not null and stream_mode = 'native' and end_reason in ('complete', 'truncated')
    group by date_trunc(:bucket::text, timestamp '1970-01-01'
                 + floor(extract(epoch from started_at))::bigint * interval '1 second')
) as buckets;

-- name: errors_by_category
select provider, error_category as category, count(*) as n
from calls
where started_at >= :since and started_at < :until
  and (:all_providers or provider = any(:providers::varchar[]))
  and end_reason = 'provider_error'
group by provider, error_category
order by provider, n desc;

-- name: spending^
-- A call under way has no cost yet; that of an ended one is null when its price is unknown.
select count(*), coalesce(sum(cost_usd), 0),
       count(*) filter (where cost_usd is null),
       count(*) filter (where token_source <> 'provider' and cost_usd > 0)
from calls
where started_at >= :since and end_reason is not null;

-- name: filtered_calls
-- The limit comes before the joins: only the calls that are shown are looked up. The
-- moment of the last of them comes first: one column finds it, and older rows stay unread.
with last_shown as (
    select min(started_at) as moment
    from (
        select started_at from calls
        where started_at >= :since and started_at < :until
          and (:all_providers or provider = any(:providers::varchar[]))
        order by started_at desc
        limit :most
    ) as shown
), newest as (
    select * from calls
    where started_at >= (select moment from last_shown) and started_at < :until
      and (:all_providers or provider = any(:providers::varchar[]))
    order by started_at desc, call_id desc
    limit :most
)
select c.started_at, c.provider, c.model, p.title as project, a.phase, c.section, c.attempt,
       c.stream_mode, c.end_reason, c.finish_reason, c.queue_wait_s, c.ttft_s, c.ttfa_s,
       c.duration_s, c.decode_tps, c.input_tokens, c.output_tokens, c.reasoning_tokens,
       c.cached_tokens, c.token_source, c.error_category, c.error_message, c.http_status,
       c.cost_usd, c.request_id, c.call_id, c.run_id
from newest c
left join runs r on r.run_id = c.run_id
left join artifacts a on a.artifact_id = r.artifact_id
left join projects p on p.project_id = a.project_id
order by c.started_at desc, c.call_id desc;
