// What a signed-in tab keeps, and how it is read back. Pure functions.
export interface Session {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: string;
  region: string;
}

export function isCurrent(session: Session, now = Date.now()): boolean {
  return Date.parse(session.expiration) > now;
}

export function readSession(text: string | null, now = Date.now()): Session | undefined {
  if (!text) return undefined;
  try {
    const session = JSON.parse(text) as Session;
    const whole = [session.accessKeyId, session.secretAccessKey, session.sessionToken, session.expiration, session.region].every((field) => typeof field === 'string');
    return whole && isCurrent(session, now) ? session : undefined;
  } catch {
    return undefined;
  }
}

// The token of a one-time link: "#sign-in=<64 hexadecimal digits>".
export function tokenOf(fragment: string): string | undefined {
  return /^#sign-in=([0-9a-f]{64})$/.exec(fragment)?.[1];
}
