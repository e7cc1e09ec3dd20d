// Which rows and which columns a comparison shows. They are rendered when these change, not when the table is sorted: they cost as much as the table.
import Multiselect from '@cloudscape-design/components/multiselect';
import PropertyFilter from '@cloudscape-design/components/property-filter';
import { memo } from 'react';
import { filterStrings } from '../parts/filter_strings';
import type { View } from './link';
import type { Token } from './runs';
import { titleOf } from './runs';

const operators = ['=', '!=', ':', '!:', '>', '>=', '<', '<='] as const;

interface FilterProps {
  tokens: Token[];
  any: boolean;
  all: string[]; // columns
  change: (part: Partial<View>) => void;
}

export const RowFilter = memo(function RowFilter({ tokens, any, all, change }: FilterProps) {
  return (
    <PropertyFilter
      query={{ tokens, operation: any ? 'or' : 'and' }}
      onChange={(event) => change({ tokens: event.detail.tokens.map((token) => ({ propertyKey: token.propertyKey, operator: token.operator, value: String(token.value) })), any: event.detail.operation === 'or' })}
      filteringProperties={['Name', ...all].map((key) => ({ key, propertyLabel: titleOf(key), groupValuesLabel: titleOf(key), operators }))}
      filteringOptions={[]}
      filteringPlaceholder="Filter trial components"
      filteringAriaLabel="Filter trial components"
      i18nStrings={filterStrings}
    />
  );
});

interface ColumnsProps {
  chosen: string[];
  all: string[];
  change: (part: Partial<View>) => void;
}

export const ColumnChoice = memo(function ColumnChoice({ chosen, all, change }: ColumnsProps) {
  return (
    <Multiselect
      ariaLabel="Columns"
      placeholder="Choose columns"
      filteringType="auto"
      hideTokens
      selectedOptions={chosen.map((value) => ({ value, label: titleOf(value) }))}
      options={all.map((value) => ({ value, label: titleOf(value), description: value }))}
      onChange={(event) => change({ columns: event.detail.selectedOptions.map((option) => option.value ?? '') })}
    />
  );
});
