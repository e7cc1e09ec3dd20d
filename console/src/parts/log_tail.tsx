// The lines of a log group's streams that begin with a prefix, following what comes while something runs.
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ApiError } from '../api_error';
import { logs } from '../aws';
import { localTime, utcTime } from '../format';
import { Problem } from './basics';

interface Line {
  time: number;
  text: string;
}

const lookAgain = 1500;
const lineHeight = 18;

async function streamsOf(group: string, prefix: string, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await logs('DescribeLogStreams', { logGroupName: group, logStreamNamePrefix: prefix || undefined, nextToken }, signal);
      names.push(...(page.logStreams ?? []).map((stream) => stream.logStreamName ?? ''));
      nextToken = page.nextToken;
    } while (nextToken && names.length < 500);
  } catch (error) {
    // The group comes with its first line.
    if (error instanceof ApiError && error.code === 'ResourceNotFoundException') return [];
    throw error;
  }
  return names;
}

// Everything from `token` on: at the end the service gives the token back that it was given.
async function readOn(group: string, stream: string, token: string | undefined, signal: AbortSignal): Promise<{ lines: Line[]; token: string | undefined }> {
  const lines: Line[] = [];
  for (;;) {
    const page = await logs('GetLogEvents', { logGroupName: group, logStreamName: stream, startFromHead: true, nextToken: token }, signal);
    lines.push(...(page.events ?? []).map((event) => ({ time: event.timestamp ?? 0, text: event.message ?? '' })));
    if (!page.nextForwardToken || page.nextForwardToken === token) return { lines, token };
    token = page.nextForwardToken;
  }
}

function useLines(group: string, stream: string | undefined, running: boolean) {
  const [state, setState] = useState<{ lines: Line[]; error?: unknown }>({ lines: [] });
  useEffect(() => {
    setState({ lines: [] });
    if (!stream) return undefined;
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined, token: string | undefined;
    const look = async () => {
      try {
        const read = await readOn(group, stream, token, control.signal);
        token = read.token;
        if (read.lines.length > 0) setState((old) => ({ lines: [...old.lines, ...read.lines] }));
        if (running) timer = setTimeout(() => void look(), lookAgain);
      } catch (error) {
        if (!control.signal.aborted) setState((old) => ({ ...old, error }));
      }
    };
    void look();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [group, stream, running]);
  return state;
}

export function LogTail({ group, prefix, running, stream }: { group: string; prefix: string; running: boolean; stream?: string }) {
  const [chosen, setChosen] = useState(stream);
  const [filter, setFilter] = useState('');
  const streams = useQuery({
    queryKey: ['log-streams', group, prefix],
    queryFn: ({ signal }) => streamsOf(group, prefix, signal),
    refetchInterval: (query) => (running || query.state.data?.length === 0 ? lookAgain : false),
  });
  const shown = chosen ?? streams.data?.[0];
  const { lines, error } = useLines(group, shown, running);
  const matching = useMemo(() => (filter ? lines.filter((line) => line.text.toLowerCase().includes(filter.toLowerCase())) : lines), [lines, filter]);
  return (
    <Container header={<Header variant="h2" counter={`(${matching.length} lines)`} description={group}>Log</Header>}>
      <SpaceBetween size="s">
        <Problem error={streams.error ?? error} />
        <SpaceBetween direction="horizontal" size="xs">
          <Input type="search" ariaLabel="Filter lines" clearAriaLabel="Clear" placeholder="Filter lines" value={filter} onChange={(event) => setFilter(event.detail.value)} />
          {(streams.data?.length ?? 0) > 1 ? (
            <Select
              ariaLabel="Log stream"
              selectedOption={shown ? { label: shown, value: shown } : null}
              options={(streams.data ?? []).map((name) => ({ label: name, value: name }))}
              filteringType="auto"
              onChange={(event) => setChosen(event.detail.selectedOption.value)}
            />
          ) : null}
        </SpaceBetween>
        {matching.length > 0 ? <Lines lines={matching} /> : <Box color="text-body-secondary">{streams.isPending ? 'Loading' : 'No lines'}</Box>}
      </SpaceBetween>
    </Container>
  );
}

// Only what is in sight is in the document; at the end it stays at the end.
function Lines({ lines }: { lines: Line[] }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => lineHeight, overscan: 20 });
  useEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.length]);
  return (
    <div
      ref={box}
      className="log"
      role="log"
      tabIndex={0}
      aria-label="Log lines"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        atEnd.current = scrollTop + clientHeight > scrollHeight - 2 * lineHeight;
      }}
    >
      <div className="log-lines" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const line = lines[row.index];
          return (
            <div key={row.key} className="log-line" style={{ transform: `translateY(${row.start}px)` }}>
              <time title={utcTime((line?.time ?? 0) / 1000)}>{localTime((line?.time ?? 0) / 1000)}</time>
              <bdi>{line?.text}</bdi>
            </div>
          );
        })}
      </div>
    </div>
  );
}
