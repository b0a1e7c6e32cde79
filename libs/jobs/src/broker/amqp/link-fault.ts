import { tlsFault } from '../../contracts/tls-fault';
import { maskUrl, userOf, withoutPasswords } from './urls';

/** Why there is no connection, and what to do about it. Holds no password. */
export interface LinkFault {
  text: string;
  /** The broker answered and does not want us: trying again will not help until somebody changes something. */
  refused: boolean;
}

/** @param urls every address whose password must not show */
export function linkFaultOf(error: Error | undefined, url: string | undefined, urls: readonly string[]): LinkFault {
  const words = error?.message.trim() ?? 'the connection was closed';
  const where = url === undefined ? 'RabbitMQ' : `RabbitMQ at ${maskUrl(url)}`;
  const text = `${where}: ${withoutPasswords(words, urls)}${nextStep(words)}`;
  const tls = tlsFault(error);
  if (tls !== undefined) return { text: `${where}: ${withoutPasswords(words, urls)}. ${tls}`, refused: true };
  return refusal(words, where, url) ?? { text, refused: false };
}

function refusal(words: string, where: string, url: string | undefined): LinkFault | undefined {
  if (words.includes('403') && words.includes('ACCESS')) {
    const user = url === undefined ? 'of the address' : `"${userOf(url)}"`;
    return {
      text: `${where} refuses the user ${user} or its password (403). Correct them in the address; see rabbitmqctl list_users`,
      refused: true,
    };
  }
  // The broker closes the connection when the virtual host is opened; amqplib keeps its words to itself.
  if (words.includes('Expected ConnectionOpenOk') || words.includes('530')) {
    return {
      text: `${where} refuses the virtual host: it does not exist, or the user has no permission on it. See rabbitmqctl list_permissions`,
      refused: true,
    };
  }
  return undefined;
}

function nextStep(words: string): string {
  if (words.includes('ECONNREFUSED')) return '. Nothing listens there: start the broker or correct host and port';
  if (words.includes('ENOTFOUND') || words.includes('EAI_AGAIN')) return '. The host name is not known: correct it';
  if (words.includes('ETIMEDOUT')) return '. No answer: see the network and its firewalls';
  if (words.includes('Socket closed abruptly'))
    return '. It hung up during the handshake: it may still be starting, or want amqps://';
  return '';
}
