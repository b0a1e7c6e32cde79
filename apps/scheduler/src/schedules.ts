import type { Schedule } from '@scutwork/jobs';

/**
 * The schedules of this installation, declared in code. None comes with it: whatever ran by itself would send mail or do
 * work that nobody asked for. `JOB_TIMEZONE` is the zone of those that name none; `JOB_RECURRING_ENABLED=false` registers and ticks none.
 *
 * @example
 * export const schedules = (timeZone: string): Schedule[] => [
 *   defineSchedule({
 *     name: 'monday-welcome',
 *     cron: '0 9 * * MON',
 *     timeZone,
 *     job: Welcome,
 *     payload: { to: 'team@example.org', name: 'Team' },
 *   }),
 * ];
 */
export const schedules = (_timeZone: string): Schedule[] => [];
