// What the page's address has of a comparison, the same objects while it stays the same, and how to change it.
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { useSame, useStable } from '../parts/same';
import type { Compared, View } from './link';
import { mostSelected, readCompared, readView, writeView } from './link';

type Change = (part: Partial<View>) => void;

export function useView(): { compared: Compared; view: View; change: Change } {
  const [search, setSearch] = useSearchParams();
  const change = useStable((part: Partial<View>) => setSearch((old) => writeView(old, { ...readView(old), ...part }), { replace: true }));
  const read = readView(search);
  const view = { ...read, columns: useSame(read.columns), tokens: useSame(read.tokens), charts: useSame(read.charts), selected: useSame(read.selected) };
  return { compared: useSame(readCompared(search)), view, change };
}

// More rows than an address takes are selected in this page alone.
export function useSelection(view: View, change: Change) {
  const [many, setMany] = useState<string[]>();
  const names = many ?? view.selected;
  const selected = useMemo((): ReadonlySet<string> => new Set(names), [names]);
  const select = useStable((some: string[], on: boolean) => {
    const next = new Set(selected);
    some.forEach((name) => (on ? next.add(name) : next.delete(name)));
    const fits = next.size <= mostSelected;
    setMany(fits ? undefined : [...next]);
    change({ selected: fits ? [...next] : [] });
  });
  return { selected, select, inLink: many === undefined };
}
