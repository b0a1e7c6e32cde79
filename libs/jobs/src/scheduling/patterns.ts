/**
 * Cron expressions that are wanted often.
 * @example defineSchedule({ name: 'digest', cron: CronPatterns.WEEKDAYS_AT_9, job: Digest, payload: {} })
 */
export const CronPatterns = {
  EVERY_SECOND: '* * * * * *',
  EVERY_10_SECONDS: '*/10 * * * * *',
  EVERY_30_SECONDS: '*/30 * * * * *',
  EVERY_MINUTE: '* * * * *',
  EVERY_5_MINUTES: '*/5 * * * *',
  EVERY_10_MINUTES: '*/10 * * * *',
  EVERY_15_MINUTES: '*/15 * * * *',
  EVERY_30_MINUTES: '*/30 * * * *',
  HOURLY: '0 * * * *',
  EVERY_6_HOURS: '0 */6 * * *',
  EVERY_12_HOURS: '0 */12 * * *',
  DAILY_AT_MIDNIGHT: '0 0 * * *',
  DAILY_AT_1: '0 1 * * *',
  DAILY_AT_2: '0 2 * * *',
  DAILY_AT_3: '0 3 * * *',
  DAILY_AT_4: '0 4 * * *',
  DAILY_AT_NOON: '0 12 * * *',
  WEEKDAYS_AT_9: '0 9 * * MON-FRI',
  MONDAY_AT_9: '0 9 * * MON',
  SUNDAY_AT_4: '0 4 * * SUN',
  WEEKLY: '0 0 * * SUN',
  FIRST_OF_MONTH: '0 0 1 * *',
  LAST_DAY_OF_MONTH: '0 0 L * *',
  FIRST_MONDAY_OF_MONTH: '0 9 * * MON#1',
  YEARLY: '0 0 1 1 *',
} as const;
