import { linkFaultOf } from './link-fault';
import { checkUrls, maskUrl } from './urls';

const url = 'amqp://work:s%40cret@rabbit.example:5673/jobs';

describe('passwords', () => {
  test('an address is shown without its password', () => {
    expect(maskUrl(url)).toBe('amqp://work:***@rabbit.example:5673/jobs');
    expect(maskUrl('amqp://rabbit.example')).toBe('amqp://rabbit.example');
    expect(maskUrl('amqp//work:s@cret')).not.toContain('cret');
  });

  test('no words of a library bring a password back in', () => {
    const error = new Error(`cannot use ${url}, nor s@cret, nor s%40cret`);
    const { text } = linkFaultOf(error, url, [url]);
    expect(text).not.toMatch(/s@cret|s%40cret/);
  });

  test('an address that is not legal is refused without being shown', () => {
    for (const wrong of ['work:s@cret@host', 'http://work:s@cret@host', '']) {
      expect(() => checkUrls([url, wrong])).toThrow(/^urls\[1\] /);
      expect(() => checkUrls([url, wrong])).not.toThrow(/cret/);
    }
    expect(() => checkUrls([])).toThrow('at least one');
  });
});

describe('why there is no connection', () => {
  test('a wrong password is a refusal that says what to do', () => {
    const error = new Error(
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
    );
    const fault = linkFaultOf(error, url, [url]);
    expect(fault.refused).toBe(true);
    expect(fault.text).toContain('refuses the user "work" or its password');
    expect(fault.text).toContain('rabbitmqctl list_users');
  });

  test('a virtual host that is closed to us is a refusal', () => {
    const fault = linkFaultOf(new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'), url, [url]);
    expect(fault).toMatchObject({ refused: true, text: expect.stringContaining('virtual host') });
  });

  test('a broker that is away is none', () => {
    const fault = linkFaultOf(new Error('connect ECONNREFUSED 127.0.0.1:5673'), url, [url]);
    expect(fault).toMatchObject({ refused: false, text: expect.stringContaining('start the broker') });
  });
});
