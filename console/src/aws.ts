// Signed calls of the AWS API, as any SDK makes them: the only way in which pages learn anything or change anything.
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Operations as CloudWatchOperations } from './generated/cloudwatch';
import type { Operations as LogsOperations } from './generated/logs';
import type { Operations as SageMakerOperations } from './generated/sagemaker';
import type { Operations as MetricsOperations } from './generated/sagemaker-metrics';
import { ApiError, readError } from './api_error';
import { sessions } from './session';
import { escape } from './uri';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  region: string;
}

export interface Call {
  service: string; // of the credential scope
  method?: string;
  path?: string; // encoded
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Blob;
  signal?: AbortSignal;
  keys?: Keys; // others than the session's
}

function signer(service: string, keys: Keys): SignatureV4 {
  return new SignatureV4({ credentials: keys, region: keys.region, service, sha256: Sha256, uriEscapePath: false, applyChecksum: service === 's3' });
}

function currentKeys(): Keys {
  const session = sessions.get();
  if (!session) throw new ApiError('SignedOut', 'You are signed out.', 0, '');
  return session;
}

function queryText(query: Record<string, string>): string {
  return Object.entries(query).map(([name, value]) => `${escape(name)}=${escape(value)}`).join('&');
}

// The request, signed; headers that only the browser may set are part of the signature and not of the answer.
export async function sign(call: Call): Promise<{ url: string; method: string; headers: Record<string, string> }> {
  const keys = call.keys ?? currentKeys();
  const { method = 'POST', path = '/', query = {}, body } = call;
  // A file is not read to be hashed: that would take longer than to send it.
  const payload = body instanceof Blob ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } : undefined;
  const request = new HttpRequest({
    method,
    protocol: location.protocol,
    hostname: location.hostname,
    path,
    query,
    headers: { host: location.host, ...call.headers, ...payload },
    body: body instanceof Blob ? undefined : body,
  });
  const signed = await signer(call.service, keys).sign(request);
  const headers = { ...signed.headers };
  delete headers.host;
  const text = queryText(query);
  return { url: path + (text ? `?${text}` : ''), method, headers };
}

export async function send(call: Call): Promise<Response> {
  const { url, method, headers } = await sign(call);
  let answer: Response;
  try {
    answer = await fetch(url, { method, headers, body: call.body, signal: call.signal, cache: 'no-store' });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw new ApiError('Unreachable', 'The server does not answer.', 0, '');
  }
  if (answer.ok) return answer;
  const problem = readError(answer.status, await answer.text(), answer.headers.get('x-amzn-requestid') ?? answer.headers.get('x-amz-request-id') ?? '');
  if (!call.keys && /^(ExpiredToken|ExpiredTokenException|InvalidToken|InvalidClientTokenId|UnrecognizedClientException)$/.test(problem.code)) sessions.signOut();
  throw problem;
}

async function json<Output>(service: string, target: string, input: unknown, signal?: AbortSignal, version = '1.1'): Promise<Output> {
  const answer = await send({
    service,
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
    body: JSON.stringify(input),
    signal,
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as Output;
}

export function sagemaker<Name extends keyof SageMakerOperations>(
  name: Name,
  input: SageMakerOperations[Name]['input'],
  signal?: AbortSignal,
): Promise<SageMakerOperations[Name]['output']> {
  return json('sagemaker', `SageMaker.${name}`, input, signal);
}

export function logs<Name extends keyof LogsOperations>(
  name: Name,
  input: LogsOperations[Name]['input'],
  signal?: AbortSignal,
): Promise<LogsOperations[Name]['output']> {
  return json('logs', `Logs_20140328.${name}`, input, signal);
}

export function cloudwatch<Name extends keyof CloudWatchOperations>(
  name: Name,
  input: CloudWatchOperations[Name]['input'],
  signal?: AbortSignal,
): Promise<CloudWatchOperations[Name]['output']> {
  return json('monitoring', `GraniteServiceVersion20100801.${name}`, input, signal, '1.0');
}

// SageMaker's metrics: REST, in the scope of SageMaker.
export async function metrics(
  name: 'BatchGetMetrics',
  input: MetricsOperations['BatchGetMetrics']['input'],
  signal?: AbortSignal,
): Promise<MetricsOperations['BatchGetMetrics']['output']> {
  const answer = await send({ service: 'sagemaker', path: `/${name}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(input), signal });
  return (await answer.json()) as MetricsOperations['BatchGetMetrics']['output'];
}

// The services of the query protocol (STS, IAM): the text of the answer's elements is looked up by name.
export async function ask(service: string, version: string, action: string, fields: Record<string, string>, keys?: Keys): Promise<(tag: string) => string> {
  const answer = await send({
    service,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: queryText({ Action: action, Version: version, ...fields }),
    keys,
  });
  const document = new DOMParser().parseFromString(await answer.text(), 'application/xml');
  return (tag) => document.getElementsByTagName(tag)[0]?.textContent ?? '';
}

// An address that works by itself for a while, for what the browser itself fetches.
export async function presign(path: string, query: Record<string, string>, seconds: number): Promise<string> {
  const keys = currentKeys();
  const request = new HttpRequest({ method: 'GET', protocol: location.protocol, hostname: location.hostname, path, query, headers: { host: location.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
  const signed = await signer('s3', keys).presign(request, { expiresIn: seconds });
  return `${path}?${queryText(signed.query as Record<string, string>)}`;
}
