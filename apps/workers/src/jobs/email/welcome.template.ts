import Handlebars from 'handlebars';

interface WelcomeText {
  name: string;
  dashboardUrl?: string;
}

interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

const options = { strict: true, knownHelpersOnly: true };
/** Plain text and headers know no HTML entities: there, what is escaped would be read as it stands. */
const plain = { ...options, noEscape: true };

const subject = Handlebars.compile<WelcomeText>('Welcome, {{name}}', plain);

const text = Handlebars.compile<WelcomeText>(
  `Hello {{name}},

welcome aboard! Your account is ready.
{{#if dashboardUrl}}

Your dashboard: {{dashboardUrl}}
{{/if}}

If you did not sign up, you can ignore this message.
`,
  plain,
);

const html = Handlebars.compile<WelcomeText>(
  `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Welcome, {{name}}</title>
  </head>
  <body style="margin:0;padding:32px 16px;background:#f4f5f7;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#1f2430">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;margin:0 auto">
      <tr>
        <td style="background:#ffffff;border-radius:12px;border:1px solid #e3e6ec;padding:40px 36px">
          <h1 style="margin:0 0 16px;font-size:24px;line-height:1.3;font-weight:650">Hello {{name}},</h1>
          <p style="margin:0 0 24px;font-size:16px;line-height:1.6">welcome aboard! Your account is ready.</p>
          {{#if dashboardUrl}}
          <p style="margin:0 0 24px">
            <a href="{{dashboardUrl}}" style="display:inline-block;padding:12px 24px;background:#3451b2;color:#ffffff;font-size:16px;font-weight:600;text-decoration:none;border-radius:8px">Open your dashboard</a>
          </p>
          <p style="margin:0 0 24px;font-size:13px;line-height:1.6;color:#5b6270;word-break:break-all">Or open {{dashboardUrl}}</p>
          {{/if}}
          <p style="margin:0;font-size:13px;line-height:1.6;color:#5b6270">If you did not sign up, you can ignore this message.</p>
        </td>
      </tr>
    </table>
  </body>
</html>
`,
  options,
);

/** The welcome mail. What comes from outside is escaped wherever HTML is written. */
export function renderWelcome({ name, dashboardUrl }: WelcomeText): RenderedMail {
  const values = { name, dashboardUrl };
  return { subject: subject(values), text: text(values), html: html(values) };
}
