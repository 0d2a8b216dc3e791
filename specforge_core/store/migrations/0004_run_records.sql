-- Runs as they are read. changes data: no
-- A run with the project and the phase it writes for: the fields of the record `Run`.
create view run_records as
select r.run_id, a.project_id, a.phase, r.provider, r.model, r.attempt, r.status, r.queued_at,
       r.started_at, r.ended_at, r.cancel_requested_at, r.error_category, r.error_message,
       r.error_retryable, r.error_status, r.error_request_id, r.waiting_for, r.waiting_until,
       r.kind, r.note, r.author, r.settled
from runs r join artifacts a on a.artifact_id = r.artifact_id;
