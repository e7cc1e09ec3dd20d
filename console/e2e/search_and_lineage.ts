import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf, valueOf } from './browser';
import { ground, heading, open, page, shot } from './stage';

describe('search', () => {
  test('finds everything by a part of its name, from every page', async () => {
    await open('/models');
    await page.getByLabel('Search everything').filter({ visible: true }).fill('prepare');
    await page.keyboard.press('Enter');
    await heading('Search').waitFor();
    expect(page.url()).toContain('text=prepare');
    const found = (await rowsOf(page, 'Found')).map((row) => row.slice(0, 2));
    expect(found).toContainEqual(['Preprocessing', 'Trial component']);
    expect(found).toContainEqual(['prepared', 'Processing job']);
    await open('/search?text=serve');
    const served = (await rowsOf(page, 'Found')).map((row) => row.slice(0, 2));
    expect(served).toEqual(expect.arrayContaining([['served', 'Model'], ['served', 'Endpoint'], ['served', 'Endpoint configuration']]));
    await expectAccessible(page);
    // What names of some kinds may not have is still found in the others'.
    await open('/search?text=%2Faws%2Fsagemaker');
    expect((await rowsOf(page, 'Found')).map((row) => row.slice(0, 2))).toContainEqual(['/aws/sagemaker/TrainingJobs', 'Log group']);
    await open('/search?text=no+such%3A+name');
    await page.getByText('Nothing matches.').waitFor();
    await open('/search?text=serve');
    await page.getByRole('row', { name: /served Endpoint InService/ }).getByRole('link').click();
    await heading('served').waitFor();
  });

  test('finds trial components by their parameters, which it suggests', async () => {
    await open('/search?resource=ExperimentTrialComponent');
    await rowsOf(page, 'Trial components');
    const filter = page.getByLabel('Filter by properties');
    await filter.fill('Parameters.ra');
    await page.getByRole('option', { name: 'Parameters.rate', exact: true }).waitFor();
    await filter.fill('Parameters.rate >= 0.1');
    await page.keyboard.press('Enter');
    const expression = { Filters: [{ Name: 'Parameters.rate', Operator: 'GreaterThanOrEqualTo', Value: '0.1' }] };
    const { Results } = await ground.boto3<{ Results: { TrialComponent: { DisplayName: string } }[] }>('sagemaker', 'search', { Resource: 'ExperimentTrialComponent', SearchExpression: expression });
    const wanted = Results.map((result) => result.TrialComponent.DisplayName).sort();
    expect(wanted).toEqual(['run-0', 'run-1']);
    await expect.poll(async () => (await rowsOf(page, 'Trial components')).map((row) => row[0]).sort()).toEqual(wanted);
    await page.reload();
    await expect.poll(async () => (await rowsOf(page, 'Trial components')).map((row) => row[0]).sort()).toEqual(wanted);
    await expectAccessible(page);
    await shot('search');
    await open(`/search?${new URLSearchParams({ resource: 'TrainingJob', filter: JSON.stringify([{ propertyKey: 'Nothing.Like.It', operator: '=', value: '1' }]) })}`);
    await page.getByText('ValidationException').waitFor();
  });
});

describe('lineage', () => {
  interface Told {
    Vertices: { Arn: string; Type: string }[];
    Edges: { SourceArn: string; DestinationArn: string }[];
  }

  test('is drawn from the data set to the endpoint', async () => {
    await open('/endpoints/served?tab=lineage');
    const graph = page.getByTestId('lineage-graph');
    await graph.waitFor();
    const { ContextSummaries } = await ground.boto3<{ ContextSummaries: { ContextArn: string }[] }>('sagemaker', 'list_contexts', {
      SourceUri: (await ground.boto3<{ EndpointArn: string }>('sagemaker', 'describe_endpoint', { EndpointName: 'served' })).EndpointArn,
    });
    const told = await ground.boto3<Told>('sagemaker', 'query_lineage', { StartArns: [ContextSummaries[0]?.ContextArn], Direction: 'Both', IncludeEdges: true, MaxDepth: 10 });
    const boxes = graph.getByRole('button');
    await expect.poll(() => boxes.count()).toBe(told.Vertices.length);
    expect(await graph.locator('path.lineage-edge').count()).toBe(told.Edges.length);
    const names = await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('aria-label')));
    expect(names.map((name) => name?.split(' ')[0]).sort()).toEqual(told.Vertices.map((vertex) => vertex.Type).sort());
    for (const wanted of [/^DataSet .*files$/, /^Image /, /^TrainingJob trained/, /^Model .*model\.tar\.gz$/, /^ModelDeployment served/, /^Endpoint served/]) {
      expect(names.some((name) => wanted.test(name ?? ''))).toBe(true);
    }
    // What contributed stands left of what came of it.
    const left = async (name: RegExp) => (await graph.getByRole('button', { name }).first().boundingBox())?.x ?? 0;
    expect(await left(/^DataSet .*files$/)).toBeLessThan(await left(/^Model .*model\.tar\.gz$/));
    expect(await left(/^Model .*model\.tar\.gz$/)).toBeLessThan(await left(/^Endpoint served/));
    await expectAccessible(page);
    await page.getByRole('heading', { name: 'Lineage', exact: true }).scrollIntoViewIfNeeded();
    await shot('lineage');
  });

  test('is walked by keyboard, and leads to what it shows', async () => {
    const box = page.getByTestId('lineage-graph').getByRole('button', { name: /^DataSet .*files$/ });
    await box.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => valueOf(page, 'Source')).toBe(`s3://${ground.facts.bucket}/files/`);
    await page.getByRole('link', { name: `s3://${ground.facts.bucket}/files/` }).click();
    await page.getByRole('table', { name: 'Objects' }).getByText('table.csv').waitFor();
  });

  test('of a job begins at its page; hostile sources stay text', async () => {
    await open('/training-jobs/trained');
    await page.getByRole('button', { name: 'Lineage' }).click();
    await page.getByTestId('lineage-graph').getByRole('button', { name: 'Endpoint served' }).waitFor();
    await open('/lineage');
    expect((await rowsOf(page, 'Artifacts')).map((row) => row[0])).toContain(ground.facts.hostile);
    await expectAccessible(page);
    await open('/trial-components/prepare?tab=lineage');
    const odd = page.getByTestId('lineage-graph').getByRole('button', { name: /onerror/ });
    await odd.click();
    await expect.poll(() => valueOf(page, 'Source')).toBe(ground.facts.hostile);
    expect(await page.title()).not.toContain('hacked');
  });
});
