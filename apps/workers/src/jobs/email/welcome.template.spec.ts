import { renderWelcome } from './welcome.template';

describe('the welcome mail', () => {
  it('greets by name, and leads to the dashboard', () => {
    const mail = renderWelcome({ name: 'Ada', dashboardUrl: 'https://example.org/d' });
    expect(mail.subject).toBe('Welcome, Ada');
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text).toContain('Your dashboard: https://example.org/d');
    expect(mail.html).toContain('<a href="https://example.org/d"');
  });

  it('has no button without an address', () => {
    const mail = renderWelcome({ name: 'Ada' });
    expect(mail.html).not.toContain('<a ');
    expect(mail.text).not.toContain('dashboard');
  });

  it('shows what a name holds, and lets it do nothing', () => {
    const mail = renderWelcome({
      name: '<script>alert("1")</script> & {{name}}',
      dashboardUrl: 'https://e.org/?a="><b>',
    });
    expect(mail.html).not.toContain('<script>');
    expect(mail.html).not.toContain('"><b>');
    expect(mail.html).toContain('&lt;script&gt;');
    expect(mail.text).toContain('Hello <script>alert("1")</script> & {{name}},');
  });
});
