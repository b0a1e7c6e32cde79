import { cronOccurrences } from './cron';
import { describeCron, describeEvery } from './describe-cron';
import { CronPatterns } from './patterns';

test('every pattern is a legal expression, and has a sentence', () => {
  for (const pattern of Object.values(CronPatterns)) {
    expect(cronOccurrences(pattern, 'UTC')(0)).toEqual(expect.any(Number));
    expect(describeCron(pattern)).not.toBe('');
  }
});

test.each([
  [CronPatterns.WEEKDAYS_AT_9, 'At 09:00, Monday through Friday'],
  ['daily', 'At 00:00'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['0 0 L * *', 'At 00:00, on the last day of the month'],
])('%s reads: %s', (cron, sentence) => {
  expect(describeCron(cron)).toBe(sentence);
});

test('a distance has its sentence', () => {
  expect([900_000, 3_600_000, 1_500, 86_400_000].map(describeEvery)).toEqual([
    'Every 15 minutes',
    'Every hour',
    'Every 1500 milliseconds',
    'Every day',
  ]);
});
