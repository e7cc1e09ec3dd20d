// Search over everything by name, and over one kind by any of its properties. The address has what is searched.
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import PropertyFilter from '@cloudscape-design/components/property-filter';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeResourceType } from '../generated/sagemaker';
import { usePages } from '../list';
import { Link, Moment, Plain, Problem, Status } from '../parts/basics';
import { Rows } from '../parts/details';
import { filterStrings } from '../parts/filter_strings';
import { usePlace } from '../parts/frame';
import { readTokens, searchOperators, toExpression } from '../search/expression';
import type { Hit } from '../search/hits';
import { kinds, searchEverything, searchOne } from '../search/hits';

const everything = { label: 'Everything', value: '' };

export function Search() {
  const [search, setSearch] = useSearchParams();
  const resource = kinds.find((kind) => kind.resource === search.get('resource'));
  usePlace({ text: 'Search', href: `/search?${search}` });
  return (
    <SpaceBetween size="l">
      <Header variant="h1">Search</Header>
      <Select
        ariaLabel="What is searched"
        selectedOption={resource ? { label: resource.plural, value: resource.resource } : everything}
        options={[everything, ...kinds.map((kind) => ({ label: kind.plural, value: kind.resource }))]}
        onChange={(event) => setSearch(event.detail.selectedOption.value ? { resource: event.detail.selectedOption.value } : {})}
      />
      {resource ? <ByProperties key={resource.resource} resource={resource.resource} title={resource.plural} /> : <ByName />}
    </SpaceBetween>
  );
}

function ByName() {
  const [search, setSearch] = useSearchParams();
  const text = search.get('text') ?? '';
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const found = useQuery({ queryKey: ['search', text], enabled: text !== '', queryFn: ({ signal }) => searchEverything(text, signal) });
  return (
    <SpaceBetween size="l">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setSearch(typed ? { text: typed } : {});
        }}
      >
        <SpaceBetween direction="horizontal" size="xs">
          <Input type="search" ariaLabel="Name" placeholder="Part of a name" clearAriaLabel="Clear" value={typed} onChange={(event) => setTyped(event.detail.value)} />
          <Button>Search</Button>
        </SpaceBetween>
      </form>
      <Problem error={found.error} />
      {text && !found.error ? <Hits hits={found.data ?? []} loading={found.isPending} /> : null}
    </SpaceBetween>
  );
}

function ByProperties({ resource, title }: { resource: ShapeResourceType; title: string }) {
  const [search, setSearch] = useSearchParams();
  const [hint, setHint] = useState('');
  const tokens = readTokens(search.get('filter')), any = search.get('any') === 'true';
  const suggestions = useQuery({
    queryKey: ['suggestions', resource, hint],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const answer = await sagemaker('GetSearchSuggestions', { Resource: resource, SuggestionQuery: { PropertyNameQuery: { PropertyNameHint: hint } } }, signal);
      return (answer.PropertyNameSuggestions ?? []).map((suggestion) => suggestion.PropertyName ?? '');
    },
  });
  const found = usePages<Hit>(['search', resource, tokens, any], (token, signal) => searchOne(resource, toExpression(resource, tokens, any), 100, token, signal));
  const used = tokens.map((token) => token.propertyKey).filter((key): key is string => key !== undefined);
  const properties = [...new Set([...used, ...(suggestions.data ?? [])])];
  return (
    <SpaceBetween size="l">
      <PropertyFilter
        query={{ tokens, operation: any ? 'or' : 'and' }}
        onChange={(event) => {
          const { tokens: now, operation } = event.detail;
          const next: Record<string, string> = { resource };
          if (now.length > 0) next.filter = JSON.stringify(now.map((token) => ({ propertyKey: token.propertyKey, operator: token.operator, value: String(token.value) })));
          if (operation === 'or') next.any = 'true';
          setSearch(next, { replace: true });
        }}
        filteringProperties={properties.map((key) => ({ key, propertyLabel: key, groupValuesLabel: key, operators: searchOperators, defaultOperator: '=' }))}
        filteringOptions={[]}
        filteringStatusType={suggestions.isFetching ? 'loading' : 'finished'}
        filteringLoadingText="Loading properties"
        onLoadItems={(event) => setHint(event.detail.filteringProperty ? '' : event.detail.filteringText)}
        freeTextFiltering={{ operators: [':'] }}
        filteringPlaceholder="Filter by properties, or by part of a name"
        filteringAriaLabel="Filter by properties"
        i18nStrings={filterStrings}
      />
      <Problem error={found.error ?? suggestions.error} />
      {found.error ? null : <Hits title={title} hits={found.items} loading={found.isPending} />}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </SpaceBetween>
  );
}

function Hits({ title = 'Found', hits, loading }: { title?: string; hits: Hit[]; loading: boolean }) {
  return (
    <Rows
      title={title}
      loading={loading}
      items={hits}
      empty="Nothing matches."
      columns={[
        {
          name: 'Name',
          cell: (hit) => (
            <Link to={hit.path}>
              <Plain text={hit.title} />
            </Link>
          ),
        },
        { name: 'Kind', cell: (hit) => hit.kind },
        { name: 'Status', cell: (hit) => (hit.status ? <Status status={hit.status} /> : '-') },
        { name: 'Created', cell: (hit) => <Moment time={hit.created} /> },
      ]}
    />
  );
}
