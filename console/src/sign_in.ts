// The two ways in. Both end in credentials of a session called clary-console, which expire; the pair that was typed in is not kept.
import { readError } from './api_error';
import { ask } from './aws';
import type { Keys } from './aws';
import type { Session } from './credentials';

const sessionName = 'clary-console';
const sessionSeconds = 12 * 3600;

export async function signInByLink(token: string): Promise<Session> {
  const answer = await fetch('/-/console/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) });
  const text = await answer.text();
  if (!answer.ok) throw readError(answer.status, text, '');
  const issued = JSON.parse(text) as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string; Expiration: string; Region: string };
  return {
    accessKeyId: issued.AccessKeyId,
    secretAccessKey: issued.SecretAccessKey,
    sessionToken: issued.SessionToken,
    expiration: issued.Expiration,
    region: issued.Region,
  };
}

export async function signInByKeys(keys: Keys): Promise<Session> {
  const who = await ask('sts', '2011-06-15', 'GetCallerIdentity', {}, keys);
  const role = who('Arn').split('/')[1] ?? '';
  const found = await ask('iam', '2010-05-08', 'GetRole', { RoleName: role }, keys);
  const issued = await ask('sts', '2011-06-15', 'AssumeRole', { RoleArn: found('Arn'), RoleSessionName: sessionName, DurationSeconds: String(sessionSeconds) }, keys);
  return {
    accessKeyId: issued('AccessKeyId'),
    secretAccessKey: issued('SecretAccessKey'),
    sessionToken: issued('SessionToken'),
    expiration: issued('Expiration'),
    region: keys.region,
  };
}
