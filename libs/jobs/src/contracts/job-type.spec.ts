import fc from 'fast-check';
import { PRIORITIES, checkJobType, isPriority, jobTypeFault, queueOf } from './job-type';

const RESERVED = 'in delay due dead suspect stray later records ledger events submit control'.split(' ');

describe('a job type', () => {
  test.each(['email', 'email.welcome', 'a.b.c.d', 'image-2.re-size', '2', 'x'.repeat(120)])('may be %p', (type) => {
    expect(checkJobType(type)).toBe(type);
  });

  test.each([
    ['', /a text/],
    ['Email.welcome', /a-z/],
    ['email..welcome', /a-z/],
    ['.email', /a-z/],
    ['email.', /a-z/],
    ['email.wel come', /a-z/],
    ['email.*', /a-z/],
    ['email.#', /a-z/],
    ['émail', /a-z/],
    ['email\n', /a-z/],
    ['x'.repeat(121), /121 characters; 120/],
  ])('may not be %p', (type, reason) => {
    expect(jobTypeFault(type)).toMatch(reason);
    expect(() => checkJobType(type)).toThrow(
      expect.objectContaining({ code: 'job_type_invalid', field: 'type', hint: expect.any(String) }),
    );
  });

  test.each([undefined, null, 7, {}])('may not be %p, which is no text', (type) => {
    expect(jobTypeFault(type)).toMatch(/a text/);
  });

  test.each([...PRIORITIES, ...RESERVED])('may not start with "%s", which names a part of the topology', (word) => {
    expect(jobTypeFault(word)).toMatch(/reserved/);
    expect(jobTypeFault(`${word}.welcome`)).toMatch(/reserved/);
    expect(jobTypeFault(`email.${word}`)).toBeUndefined();
  });

  test('has its queue as its first word', () => {
    const word = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => queueOf(words.join('.')) === words[0]),
    );
  });
});

test('the four priorities are priorities, and nothing else is', () => {
  expect(PRIORITIES.filter(isPriority)).toEqual(['critical', 'high', 'normal', 'low']);
  expect(['urgent', 'High', '', 1, null, undefined].filter(isPriority)).toEqual([]);
});
