import type { JwtConfig } from '@scutwork/app';
import { ROLES, type Role } from '@scutwork/ledger';
import {
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from 'jose';
import { RequestProblem } from '../problems/problem';
import { Refused } from './refused';
import { type Principal, roleFrom } from './principal';

/** Public keys alone: taken with these, a token that was "signed" with a public key as HMAC secret is refused. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
const CLOCK_TOLERANCE_S = 5;
const MOST_NAME_CHARS = 120;

/** Knows callers by JSON Web Tokens: of HS256 with our secret, or of keys that their issuer publishes. */
export class Jwts {
  private readonly secret: Uint8Array | undefined;
  private readonly published: JWTVerifyGetKey | undefined;
  private readonly wanted: JWTVerifyOptions;

  constructor(private readonly config: JwtConfig) {
    const { secret, jwksUrl, issuer, audience } = config;
    this.secret = secret === undefined ? undefined : new TextEncoder().encode(secret);
    this.published =
      jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3_000 });
    this.wanted = { issuer, audience, clockTolerance: CLOCK_TOLERANCE_S };
  }

  /** Undefined when it is no such token at all. @throws Refused, RequestProblem */
  async principalOf(token: string): Promise<Principal | undefined> {
    const algorithm = algorithmOf(token);
    if (algorithm === undefined) return undefined;
    const payload = await this.verify(token, algorithm);
    const name = `jwt:${printable(payload.sub ?? 'anonymous')}`;
    const role = highestOf(claimOf(payload, this.config.roleClaim));
    if (role !== undefined) return { name, role };
    throw new RequestProblem(403, 'role_missing', `This token has no role in its claim "${this.config.roleClaim}"`, {
      hint: `Have it issued with one of ${ROLES.join(', ')} there.`,
    });
  }

  private async verify(token: string, algorithm: string): Promise<JWTPayload> {
    const { secret, published, wanted } = this;
    try {
      if (algorithm === 'HS256' && secret !== undefined) {
        return (await jwtVerify(token, secret, { ...wanted, algorithms: ['HS256'] })).payload;
      }
      if (PUBLIC_KEY_ALGORITHMS.includes(algorithm) && published !== undefined) {
        return (await jwtVerify(token, published, { ...wanted, algorithms: PUBLIC_KEY_ALGORITHMS })).payload;
      }
    } catch (error) {
      throw refusalOf(error);
    }
    throw new Refused('token_missing_or_wrong', `Tokens of ${printable(algorithm)} are not taken here`);
  }
}

function algorithmOf(token: string): string | undefined {
  if (token.split('.').length !== 3) return undefined;
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    // It only looks like one.
    return undefined;
  }
}

/** What jose says of a token names the claim at fault and never the token. */
function refusalOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new Refused('token_expired', 'This token has expired');
  const isOfToken =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC';
  if (isOfToken) return new Refused('token_missing_or_wrong', `This token is not taken: ${printable(error.message)}`);
  return new RequestProblem(
    503,
    'jwks_unreachable',
    'The keys that tokens are checked with cannot be fetched just now',
    {
      hint: 'See whether JWT_JWKS_URL answers, and send the request again.',
    },
  );
}

/** A claim may have dots in its own name, as those with the address of their issuer have. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name.split('.').reduce<unknown>((value, part) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isObject ? (value as Record<string, unknown>)[part] : undefined;
  }, payload);
}

/** Of several roles the one that may most. */
function highestOf(claim: unknown): Role | undefined {
  const roles = (Array.isArray(claim) ? claim : [claim]).map(roleFrom);
  return ROLES.findLast((role) => roles.includes(role));
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/g, '?').slice(0, MOST_NAME_CHARS);
}
