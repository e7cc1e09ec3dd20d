// The trial components that are compared, by Search.
import { sagemaker } from '../aws';
import type { ShapeFilter, ShapeTrialComponent } from '../generated/sagemaker';
import type { Compared } from './link';

const mostFilters = 20, pageSize = 100;
export const mostRows = 5000;

export async function findComponents(compared: Compared, signal: AbortSignal): Promise<{ components: ShapeTrialComponent[]; more: boolean }> {
  const equals = (name: string) => (value: string): ShapeFilter => ({ Name: name, Operator: 'Equals', Value: value });
  const filters = [
    ...compared.experiments.map(equals('Parents.ExperimentName')),
    ...compared.trials.map(equals('Parents.TrialName')),
    ...compared.components.map(equals('TrialComponentName')),
  ];
  const found = new Map<string, ShapeTrialComponent>();
  let more = false;
  for (let first = 0; first === 0 || first < filters.length; first += mostFilters) {
    const some = filters.slice(first, first + mostFilters);
    let token: string | undefined;
    do {
      const page = await sagemaker(
        'Search',
        {
          Resource: 'ExperimentTrialComponent',
          SearchExpression: some.length > 0 ? { Filters: some, Operator: 'Or' } : undefined,
          SortBy: 'CreationTime',
          SortOrder: 'Descending',
          MaxResults: pageSize,
          NextToken: token,
        },
        signal,
      );
      for (const record of page.Results ?? []) if (record.TrialComponent) found.set(record.TrialComponent.TrialComponentName ?? '', record.TrialComponent);
      token = page.NextToken;
    } while (token && found.size < mostRows);
    more ||= token !== undefined;
  }
  return { components: [...found.values()], more };
}
