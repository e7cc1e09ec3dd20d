import { describe, expect, test } from 'vitest';
import { readError } from './api_error';
import { fillPeriods, histogram, quartiles, trend } from './charts/options';
import type { View } from './compare/link';
import { mostSelected, readView, writeView } from './compare/link';
import { columnsOf, filterRows, firstColumns, ownColumns, sortRows, titleOf, toRow } from './compare/runs';
import { readSession, tokenOf } from './credentials';
import { between, bytes, duration, figure, isRunning, moodOf, plain, utcTime } from './format';
import { layOut } from './lineage/layout';
import { pageOf, tailOf, toVertex } from './lineage/vertices';
import { decode, kindOf } from './parts/content';
import { readCsv, writeCsv } from './parts/csv';
import { toProcessingRequest, toRequest, toTransformRequest } from './parts/job_request';
import { toModel } from './parts/model_request';
import { bucketNameProblem, countProblem, folderNameProblem, instanceTypeProblem, nameAfter, nameProblem, uriProblem } from './parts/names';
import { readParameters } from './parts/parameters';
import { tagChanges, tagProblem } from './parts/tag_changes';
import { readTokens, toExpression } from './search/expression';
import { escape, pathOf, readUri } from './uri';

describe('a kept session', () => {
  const session = { accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't', expiration: '2030-01-01T00:00:00Z', region: 'r' };
  const before = Date.parse('2029-12-31T00:00:00Z');

  test('is read while it lasts', () => {
    expect(readSession(JSON.stringify(session), before)).toEqual(session);
    expect(readSession(JSON.stringify(session), Date.parse(session.expiration))).toBeUndefined();
  });

  test('is nothing when it is damaged', () => {
    for (const text of [null, '', '{', 'null', '{}', JSON.stringify({ ...session, sessionToken: 1 }), JSON.stringify({ ...session, expiration: 'soon' })])
      expect(readSession(text, before)).toBeUndefined();
  });
});

test('a link has its token in the fragment', () => {
  const token = 'ab'.repeat(32);
  expect(tokenOf(`#sign-in=${token}`)).toBe(token);
  for (const other of ['', '#', '#sign-in=', `#sign-in=${token}0`, `#other=${token}`, `#sign-in=${'g'.repeat(64)}`]) expect(tokenOf(other)).toBeUndefined();
});

test('errors are told in the words of the server', () => {
  expect(readError(400, '{"__type":"com.amazonaws#ValidationException","message":"no"}', 'id')).toMatchObject({ code: 'ValidationException', message: 'no', requestId: 'id' });
  expect(readError(404, '<Error><Code>NoSuchKey</Code><Message>&lt;a&gt; &amp;amp;</Message></Error>', '')).toMatchObject({ code: 'NoSuchKey', message: '<a> &amp;' });
  expect(readError(503, 'busy', '')).toMatchObject({ code: 'HTTP 503', status: 503 });
});

test('figures and times', () => {
  expect([0, 999, 1000, 12345, 5e12].map(bytes)).toEqual(['0 B', '999 B', '1.00 kB', '12.3 kB', '5.00 TB']);
  expect([0.25, 59, 60, 3599, 7260].map(duration)).toEqual(['0.3 s', '59 s', '1 min 0 s', '59 min 59 s', '2 h 1 min']);
  expect([undefined, 0.1 + 0.2, 1e-9, 123456789, NaN].map(figure)).toEqual(['-', '0.3', '1e-9', '123456789', 'NaN']);
  expect(utcTime(1700000000.5)).toBe('2023-11-14 22:13:20 UTC');
  expect(between(5, 3)).toBe(0);
  expect(between(undefined, 3)).toBeUndefined();
});

test('statuses have a mood', () => {
  expect(['Completed', 'Failed', 'Updating', 'Stopped', 'Waiting'].map(moodOf)).toEqual(['success', 'error', 'in-progress', 'stopped', 'pending']);
  expect(isRunning('Stopping')).toBe(true);
  expect(isRunning(undefined)).toBe(false);
});

test('hyperparameters lose the quotes that SDKs give them', () => {
  expect(['"train.py"', '5', 'plain', '{"a": 1}', '"'].map(plain)).toEqual(['train.py', '5', 'plain', '{"a": 1}', '"']);
});

test('names are checked as AWS checks them', () => {
  for (const good of ['a', 'a-b', 'A--9', 'x'.repeat(63)]) expect(nameProblem(good)).toBe('');
  for (const bad of ['', '-a', 'a-', 'a_b', 'ä', 'x'.repeat(64), '<b>']) expect(nameProblem(bad)).not.toBe('');
});

test('so are buckets and folders', () => {
  for (const good of ['abc', 'a.b-c', '1'.repeat(63), '1.2.3.4.5', 'a--b']) expect(bucketNameProblem(good)).toBe('');
  for (const bad of ['', 'ab', 'a'.repeat(64), 'Abc', 'a_b', '-abc', 'abc.', 'a..b', '10.0.0.1', 'xn--abc', 'abc-s3alias', 'a.mrap', 'bücher']) expect(bucketNameProblem(bad)).not.toBe('');
  for (const good of ['a', 'a b', 'ü', '...']) expect(folderNameProblem('deep/', good)).toBe('');
  for (const bad of ['', '/', 'a/b', '.', '..', 'ü'.repeat(510)]) expect(folderNameProblem('deep/', bad)).not.toBe('');
});

test('what is made of another has its name and the time', () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  expect(nameAfter('job', now)).toBe('job-2026-01-02-03-04-05');
  expect(nameAfter('job-2025-12-31-23-59-59', now)).toBe('job-2026-01-02-03-04-05');
  expect(nameAfter('x'.repeat(63), now)).toHaveLength(63);
  expect(nameProblem(nameAfter('x'.repeat(63), now))).toBe('');
});

test('forms check instance types, counts and addresses', () => {
  expect([instanceTypeProblem('ml.m5.large'), countProblem('12'), uriProblem('s3://b/k')]).toEqual(['', '', '']);
  for (const bad of [instanceTypeProblem('m5.large'), countProblem('0'), countProblem('1.5'), uriProblem('/k'), uriProblem('s3://')]) expect(bad).not.toBe('');
});

test('a job is cloned by its image, and hyperparameters are texts', () => {
  const job = {
    TrainingJobName: 'old', TrainingJobArn: 'a', TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed', CreationTime: 1, ModelArtifacts: { S3ModelArtifacts: '' },
    StoppingCondition: { MaxRuntimeInSeconds: 5 }, InputDataConfig: [], RoleArn: 'r', FailureReason: 'no',
    AlgorithmSpecification: { TrainingImage: 'i', AlgorithmName: 'n', TrainingInputMode: 'File' },
  } as const;
  const request = toRequest({ ...job, InputDataConfig: [] });
  expect(request.AlgorithmSpecification).toEqual({ TrainingImage: 'i', TrainingInputMode: 'File' });
  expect(request.InputDataConfig).toBeUndefined();
  expect(Object.keys(request)).not.toContain('FailureReason');
  expect(readParameters('{"a": "1"}')).toEqual({ a: '1' });
  for (const bad of ['', '[]', 'null', '{"a": 1}', '"a"']) expect(readParameters(bad)).toBeUndefined();
});

test('paths are encoded as signatures want them', () => {
  expect(escape("a!'()*~ /+")).toBe('a%21%27%28%29%2A~%20%2F%2B');
  expect(pathOf('b', 'a b/ü?#.csv')).toBe('/b/a%20b/%C3%BC%3F%23.csv');
  expect(readUri('s3://b/k/l')).toEqual({ bucket: 'b', key: 'k/l' });
  expect(readUri('s3://b')).toEqual({ bucket: 'b', key: '' });
  expect(readUri('https://b/k')).toBeUndefined();
});

describe('CSV', () => {
  test('is read by RFC 4180', () => {
    expect(readCsv('a,"b, ""c""\nd"\r\n\r\n1,\n', 10)).toEqual([['a', 'b, "c"\nd'], ['1', '']]);
    expect(readCsv('1\n2\n3', 2)).toEqual([['1'], ['2']]);
    expect(readCsv('', 2)).toEqual([]);
  });

  test('that is written holds no formula', () => {
    expect(writeCsv([['a,b', -1.5, '=1+1', 'say "x"', undefined]])).toBe('"a,b",-1.5,\'=1+1,"say ""x""",\r\n');
  });
});

test('contents are told by name, type and bytes', () => {
  expect([kindOf('a.PNG', ''), kindOf('a', 'text/csv; charset=utf-8'), kindOf('a.json', ''), kindOf('a.svg', 'image/svg+xml')]).toEqual(['image', 'csv', 'json', 'text']);
  expect(decode(new Uint8Array([0xc3, 0xbc]))).toBe('ü');
  expect(decode(new Uint8Array([0xc3]))).toBe('');
  expect(decode(new Uint8Array([0xff, 0xfe, 65]))).toBeUndefined();
  expect(decode(new Uint8Array([65, 0]))).toBeUndefined();
});

describe('what charts are made of', () => {
  test('a histogram counts every value once', () => {
    const bins = histogram([1, 2, 3, 4, 5, 6, 7, 8, NaN]);
    expect(bins.map((bin) => bin.count).reduce((a, b) => a + b)).toBe(8);
    expect([bins[0]?.from, bins.at(-1)?.to]).toEqual([1, 8]);
    expect(histogram([2, 2])).toEqual([{ from: 2, to: 2, count: 2 }]);
    expect(histogram([])).toEqual([]);
  });

  test('quartiles lie between neighbours', () => {
    expect(quartiles([4, 1, 3, 2])).toEqual([1, 1.75, 2.5, 3.25, 4]);
    expect(quartiles([])).toBeUndefined();
  });

  test('a trend is least squares', () => {
    const line = trend([[0, 1], [1, 3], [2, 5]]);
    expect(line?.slope).toBeCloseTo(2);
    expect(line?.offset).toBeCloseTo(1);
    expect(trend([[1, 1], [1, 2]])).toBeUndefined();
    expect(trend([])).toBeUndefined();
  });
});

describe('the comparison', () => {
  const component = (name: string, parameters: object, last?: number) => ({
    TrialComponentName: name,
    DisplayName: name,
    Parameters: parameters as Record<string, { NumberValue?: number; StringValue?: string }>,
    Metrics: last === undefined ? [] : [{ MetricName: 'val.loss', Last: last, Count: 1 }],
    Tags: [{ Key: 'team', Value: 'blue' }],
  });
  const rows = [component('a', { depth: { NumberValue: 10 } }, 0.5), component('b', { depth: { NumberValue: 9 } }), component('c', { depth: { StringValue: 'deep' } }, 0.1)].map(toRow);
  const names = (some: { name: string }[]) => some.map((row) => row.name).join('');

  test('has a column for every parameter, statistic and tag', () => {
    const columns = columnsOf(rows);
    expect(columns).toEqual(expect.arrayContaining([...ownColumns, 'Parameters.depth', 'Metrics.val.loss.Last', 'Tags.team']));
    expect(firstColumns(columns)).toEqual(['Status', 'Created', 'Duration', 'Parameters.depth', 'Metrics.val.loss.Last']);
    expect(['Metrics.val.loss.Last', 'Parameters.depth', 'Status'].map(titleOf)).toEqual(['val.loss (last)', 'depth', 'Status']);
  });

  test('sorts numbers as numbers, and what is not there last', () => {
    expect(names(sortRows(rows, 'Parameters.depth', false))).toBe('bac');
    expect(names(sortRows(rows, 'Metrics.val.loss.Last', false))).toBe('cab');
    expect(names(sortRows(rows, 'Metrics.val.loss.Last', true))).toBe('acb');
    expect(names(sortRows(rows, 'Name', true))).toBe('cba');
  });

  test('filters by figures and texts', () => {
    const filter = (propertyKey: string | undefined, operator: string, value: string) => names(filterRows(rows, [{ propertyKey, operator, value }], false));
    expect(filter('Parameters.depth', '>', '9')).toBe('a');
    expect(filter('Parameters.depth', '=', '9.0')).toBe('b');
    expect(filter('Parameters.depth', ':', 'DEE')).toBe('c');
    expect(filter('Metrics.val.loss.Last', '<=', '0.1')).toBe('c');
    expect(filter(undefined, ':', 'blue')).toBe('abc');
    expect(filter(undefined, '!:', 'deep')).toBe('ab');
    const both = [{ propertyKey: 'Name', operator: '=', value: 'a' }, { propertyKey: 'Name', operator: '=', value: 'b' }];
    expect([names(filterRows(rows, both, true)), names(filterRows(rows, both, false))]).toEqual(['ab', '']);
  });

  test('is in its link, and a damaged link is an empty view', () => {
    const view: View = {
      columns: ['Status', 'Parameters.a&b'], sort: 'Name', descending: false, tokens: [{ propertyKey: 'Name', operator: '=', value: '<x>' }], any: true,
      charts: [{ kind: 'series', metric: 'loss' }, { kind: 'scatter', x: 'a', y: 'b' }], selected: ['one', 'an&other'],
    };
    expect(readView(new URLSearchParams(writeView(new URLSearchParams('trial=t'), view).toString()))).toEqual(view);
    expect(writeView(new URLSearchParams('trial=t'), view).get('trial')).toBe('t');
    expect(readView(new URLSearchParams('charts=[1,{"kind":"series"},{"kind":"pie"}]&filter={'))).toMatchObject({ charts: [], tokens: [], columns: undefined });
    expect(readView(writeView(new URLSearchParams(), { ...view, columns: [] })).columns).toEqual([]);
    const many = Array.from({ length: 2 * mostSelected }, (_, index) => String(index));
    expect(writeView(new URLSearchParams(), { ...view, selected: many }).getAll('selected')).toHaveLength(mostSelected);
    expect(readView(new URLSearchParams(many.map((name) => ['selected', name]))).selected).toHaveLength(mostSelected);
  });
});

describe('a lineage is laid out', () => {
  const edge = (source: string, destination: string) => ({ source, destination });

  test('with what contributed left of what came of it', () => {
    const places = layOut(['endpoint', 'data', 'job', 'model', 'image', 'deployment'], [
      edge('data', 'job'), edge('image', 'job'), edge('job', 'model'), edge('model', 'deployment'), edge('image', 'deployment'), edge('deployment', 'endpoint'),
    ]);
    expect(Object.fromEntries(places.map((place) => [place.id, place.layer]))).toEqual({ data: 0, image: 0, job: 1, model: 2, deployment: 3, endpoint: 4 });
    const rows = new Set(places.filter((place) => place.layer === 0).map((place) => place.row));
    expect(rows).toEqual(new Set([-0.5, 0.5]));
  });

  test('whatever circles, double and loose ends it has', () => {
    const places = layOut(['a', 'b', 'c', 'alone'], [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('a', 'b'), edge('a', 'a'), edge('a', 'elsewhere')]);
    expect(places.map((place) => place.id).sort()).toEqual(['a', 'alone', 'b', 'c']);
    expect(new Set(places.map((place) => `${place.layer} ${place.row}`)).size).toBe(4);
  });

  test('of a long chain', () => {
    const ids = Array.from({ length: 300 }, (_, index) => String(index));
    const places = layOut(ids, ids.slice(1).map((id, index) => edge(String(index), id)));
    expect(Math.max(...places.map((place) => place.layer))).toBe(299);
  });
});

test('a vertex is named by its source and leads to its page', () => {
  const arn = (tail: string) => `arn:aws:sagemaker:us-east-1:000000000000:${tail}`;
  expect(tailOf(arn('experiment-trial-component/a'))).toEqual({ type: 'experiment-trial-component', name: 'a' });
  expect(toVertex({ Arn: arn('artifact/0af3'), Type: 'Model' }, { source: 's3://b/out/job/output/model.tar.gz' }).name).toBe('output/model.tar.gz');
  expect(toVertex({ Arn: arn('artifact/0af3') }, { source: '1.dkr.ecr.us-east-1.amazonaws.com/sklearn:1' }).name).toBe('sklearn:1');
  const endpoint = toVertex({ Arn: arn('context/e-1-aws-endpoint'), Type: 'Endpoint', LineageType: 'Context' }, { name: 'e-1-aws-endpoint', source: arn('endpoint/e') });
  expect([endpoint.name, endpoint.kind, pageOf(endpoint)]).toEqual(['e', 'Endpoint', '/endpoints/e']);
  expect(pageOf(toVertex({ Arn: arn('experiment-trial-component/a b') }))).toBe('/trial-components/a%20b');
});

test('what is typed becomes an expression of Search', () => {
  expect(toExpression('TrainingJob', [], false)).toBeUndefined();
  expect(toExpression('TrainingJob', [{ propertyKey: 'Tags.team', operator: ':', value: 'blue' }, { operator: ':', value: 'x' }], true)).toEqual({
    Filters: [{ Name: 'Tags.team', Operator: 'Contains', Value: 'blue' }],
    SubExpressions: [{ Filters: [{ Name: 'TrainingJobName', Operator: 'Contains', Value: 'x' }], Operator: 'Or' }],
    Operator: 'Or',
  });
  expect(readTokens('[{"operator": "=", "value": "1"}, {"operator": 1}, null]')).toEqual([{ operator: '=', value: '1' }]);
  for (const text of [null, '', '{', '{}']) expect(readTokens(text)).toEqual([]);
});

test('changes of tags are told apart', () => {
  const tag = (Key: string, Value = '') => ({ Key, Value });
  expect(tagChanges([tag('a', '1'), tag('b', '1'), tag('c')], [tag('a', '1'), tag('b', '2'), tag('d')])).toEqual({ removed: ['c'], added: [tag('b', '2'), tag('d')] });
  expect(tagProblem([tag('a'), tag('a')], 0)).toContain('twice');
  expect(tagProblem([tag('')], 0)).toContain('needed');
  expect(tagProblem([tag('aws:x')], 0)).toContain('reserved');
  expect(tagProblem([tag('k'.repeat(129))], 0)).toContain('128');
  expect(tagProblem([tag('k', 'v'.repeat(257))], 0)).toContain('256');
  expect(tagProblem([tag('a'), tag('b')], 1)).toBe('');
});

test('a training job becomes a model, its script what loads it', () => {
  const job = {
    TrainingJobName: 'j', RoleArn: 'r', HyperParameters: { sagemaker_program: '"train.py"', sagemaker_submit_directory: '"s3://b/code.tar.gz"' },
    AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' }, ModelArtifacts: { S3ModelArtifacts: 's3://b/model.tar.gz' },
  } as unknown as Parameters<typeof toModel>[0];
  expect(toModel(job)).toEqual({
    ModelName: 'j', ExecutionRoleArn: 'r',
    PrimaryContainer: { Image: 'image', ModelDataUrl: 's3://b/model.tar.gz', Environment: { SAGEMAKER_PROGRAM: 'train.py', SAGEMAKER_SUBMIT_DIRECTORY: 's3://b/code.tar.gz' } },
  });
  expect(toModel({ ...job, ModelArtifacts: { S3ModelArtifacts: '' } })).toBeUndefined();
  expect(toModel({ ...job, HyperParameters: {} })?.PrimaryContainer?.Environment).toEqual({});
});

test('what a description says of how a job went is not asked for again', () => {
  const processing = { ProcessingJobName: 'p', ProcessingJobStatus: 'Completed', RoleArn: 'r', AppSpecification: { ImageUri: 'i' }, ExitMessage: 'x' };
  expect(Object.keys(toProcessingRequest(processing as unknown as Parameters<typeof toProcessingRequest>[0]))).not.toContain('ProcessingJobStatus');
  const transform = { TransformJobName: 't', TransformJobStatus: 'Failed', FailureReason: 'x', ModelName: 'm', TransformInput: {} };
  expect(Object.keys(toTransformRequest(transform as unknown as Parameters<typeof toTransformRequest>[0])).filter((key) => /Status|Reason|Time/.test(key))).toEqual([]);
});

test('periods without a value are 0', () => {
  expect(fillPeriods([[120_000, 5]], 60, 240, 60)).toEqual([[60_000, 0], [120_000, 5], [180_000, 0]]);
});
