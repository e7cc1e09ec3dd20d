// Pages of the API's lists, one after the other as they are asked for.
import { useInfiniteQuery } from '@tanstack/react-query';

export interface Page<Item> {
  items: Item[];
  next?: string;
}

// `key` tells this list from others; `fetchPage` asks for the page of a token.
export function usePages<Item>(key: unknown[], fetchPage: (token: string | undefined, signal: AbortSignal) => Promise<Page<Item>>, refetchInterval?: number | false) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Item>) => page.next,
    refetchInterval,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) ?? [] };
}
