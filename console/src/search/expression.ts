// From what is typed to what Search is asked. Pure functions.
import type { ShapeFilter, ShapeOperator, ShapeResourceType, ShapeSearchExpression } from '../generated/sagemaker';

export interface SearchToken {
  propertyKey?: string;
  operator: string;
  value: string;
}

const operatorsOf: Record<string, ShapeOperator> = {
  '=': 'Equals',
  '!=': 'NotEquals',
  ':': 'Contains',
  '>': 'GreaterThan',
  '>=': 'GreaterThanOrEqualTo',
  '<': 'LessThan',
  '<=': 'LessThanOrEqualTo',
};
export const searchOperators = Object.keys(operatorsOf) as ('=' | '!=' | ':' | '>' | '>=' | '<' | '<=')[];

// Where a text without a property is looked for.
export const namesOf: Partial<Record<ShapeResourceType, string[]>> = {
  TrainingJob: ['TrainingJobName'],
  Experiment: ['ExperimentName', 'DisplayName'],
  ExperimentTrial: ['TrialName', 'DisplayName'],
  ExperimentTrialComponent: ['TrialComponentName', 'DisplayName'],
  Model: ['ModelName'],
  Endpoint: ['EndpointName'],
};

export function textExpression(resource: ShapeResourceType, text: string): ShapeSearchExpression {
  return { Filters: (namesOf[resource] ?? []).map((name): ShapeFilter => ({ Name: name, Operator: 'Contains', Value: text })), Operator: 'Or' };
}

// Nothing: all of them.
export function toExpression(resource: ShapeResourceType, tokens: readonly SearchToken[], any: boolean): ShapeSearchExpression | undefined {
  const filters = tokens
    .filter((token) => token.propertyKey)
    .map((token): ShapeFilter => ({ Name: token.propertyKey ?? '', Operator: operatorsOf[token.operator] ?? 'Equals', Value: token.value }));
  const texts = tokens.filter((token) => !token.propertyKey && token.value).map((token) => textExpression(resource, token.value));
  if (filters.length + texts.length === 0) return undefined;
  return { Filters: filters.length > 0 ? filters : undefined, SubExpressions: texts.length > 0 ? texts : undefined, Operator: any ? 'Or' : 'And' };
}

function isToken(value: unknown): value is SearchToken {
  if (typeof value !== 'object' || value === null) return false;
  const { operator, value: text, propertyKey } = value as Record<string, unknown>;
  return typeof operator === 'string' && typeof text === 'string' && (propertyKey === undefined || typeof propertyKey === 'string');
}

export function readTokens(text: string | null): SearchToken[] {
  try {
    const read: unknown = text ? JSON.parse(text) : [];
    return Array.isArray(read) ? read.filter(isToken) : [];
  } catch {
    return [];
  }
}
