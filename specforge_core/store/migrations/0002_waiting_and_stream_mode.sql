alter table runs add column waiting_for text;
alter table runs add column waiting_until timestamptz;
alter table sections add column stream_mode text;
