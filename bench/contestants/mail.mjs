/** The job that is added over HTTP: 200 bytes of JSON that a real schema checks. */
export const mail = {
  to: 'ada.lovelace@example.org',
  name: 'Ada Lovelace',
  dashboardUrl: `https://app.example.org/welcome?token=${'x'.repeat(82)}`,
};
