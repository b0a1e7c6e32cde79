-- $1: log lines as a JSON array of rows.
insert into logs (job_id, seq, attempt, at, level, message, fields)
select job_id, seq, attempt, to_timestamp(at / 1000.0), level, message, fields
from json_to_recordset($1::json) as row (
  job_id uuid, seq text, attempt int, at float8, level text, message text, fields text
)
on conflict do nothing
