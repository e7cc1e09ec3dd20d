// S3 by REST and XML, path style.
import { ApiError, readError } from './api_error';
import { presign, send, sign } from './aws';
import { sessions } from './session';
import { escape, pathOf } from './uri';

const firstRegion = 'us-east-1';

export interface S3Object {
  key: string;
  size: number;
  modified: string;
  etag: string;
}

export interface Listing {
  folders: string[];
  objects: S3Object[];
  next?: string;
}

function text(parent: Element | Document, tag: string): string {
  return parent.getElementsByTagName(tag)[0]?.textContent ?? '';
}

async function xml(answer: Response): Promise<Document> {
  return new DOMParser().parseFromString(await answer.text(), 'application/xml');
}

export async function listBuckets(signal?: AbortSignal): Promise<{ name: string; created: string }[]> {
  const document = await xml(await send({ service: 's3', method: 'GET', path: '/', signal }));
  return Array.from(document.getElementsByTagName('Bucket'), (bucket) => ({ name: text(bucket, 'Name'), created: text(bucket, 'CreationDate') }));
}

export async function listObjects(bucket: string, prefix: string, token?: string, signal?: AbortSignal): Promise<Listing> {
  const query: Record<string, string> = { 'list-type': '2', delimiter: '/', prefix, 'encoding-type': 'url', 'max-keys': '500' };
  if (token) query['continuation-token'] = token;
  const document = await xml(await send({ service: 's3', method: 'GET', path: pathOf(bucket), query, signal }));
  const decode = (encoded: string) => decodeURIComponent(encoded.replace(/\+/g, ' '));
  return {
    folders: Array.from(document.getElementsByTagName('CommonPrefixes'), (folder) => decode(text(folder, 'Prefix'))),
    objects: Array.from(document.getElementsByTagName('Contents'), (object) => ({
      key: decode(text(object, 'Key')),
      size: Number(text(object, 'Size')),
      modified: text(object, 'LastModified'),
      etag: text(object, 'ETag'),
    })),
    next: text(document, 'NextContinuationToken') || undefined,
  };
}

// Outside of S3's first region a bucket has to be told where it is.
export async function createBucket(name: string): Promise<void> {
  const region = sessions.get()?.region ?? firstRegion;
  const place = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  await send({ service: 's3', method: 'PUT', path: pathOf(name), body: region === firstRegion ? undefined : place });
}

// An empty object whose key ends with a slash, as S3's console makes them.
export async function createFolder(bucket: string, key: string): Promise<void> {
  await send({ service: 's3', method: 'PUT', path: pathOf(bucket, key) });
}

// The object's first bytes and its type.
export async function readStart(bucket: string, key: string, bytes: number, signal?: AbortSignal): Promise<{ blob: Blob; type: string }> {
  const answer = await send({ service: 's3', method: 'GET', path: pathOf(bucket, key), headers: { range: `bytes=0-${bytes - 1}` }, signal });
  return { blob: await answer.blob(), type: answer.headers.get('content-type') ?? '' };
}

export async function deleteObject(bucket: string, key: string): Promise<void> {
  await send({ service: 's3', method: 'DELETE', path: pathOf(bucket, key) });
}

export function downloadAddress(bucket: string, key: string): Promise<string> {
  const name = key.split('/').pop() || bucket;
  return presign(pathOf(bucket, key), { 'response-content-disposition': `attachment; filename*=UTF-8''${escape(name)}` }, 300);
}

// By XMLHttpRequest, which alone tells how far it is.
export async function upload(bucket: string, key: string, file: File, progress: (share: number) => void): Promise<void> {
  const type = file.type || 'application/octet-stream';
  const { url, headers } = await sign({ service: 's3', method: 'PUT', path: pathOf(bucket, key), headers: { 'content-type': type }, body: file });
  await new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 1);
    request.onload = () => (request.status < 300 ? resolve() : reject(readError(request.status, request.responseText, '')));
    request.onerror = () => reject(new ApiError('Unreachable', 'The upload was cut off.', 0, ''));
    request.send(file);
  });
}
