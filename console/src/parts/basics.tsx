// Small pieces that every page is made of.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CloudscapeLink from '@cloudscape-design/components/link';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { ApiError } from '../api_error';
import { localTime, moodOf, utcTime } from '../format';
import { readUri } from '../uri';
import { useTell } from './frame';
import { useGo } from './go';

export function Link({ to, children }: { to: string; children: ReactNode }) {
  const go = useGo();
  return (
    <CloudscapeLink
      href={`/-/console${to}`}
      onFollow={(event) => {
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </CloudscapeLink>
  );
}

// Text of users: never markup, and its writing direction stays its own.
export function Plain({ text }: { text: string | undefined }) {
  return <bdi className="plain">{text === undefined || text === '' ? '-' : text}</bdi>;
}

export function Moment({ time }: { time: number | string | undefined }) {
  return time === undefined ? <>-</> : <time title={utcTime(time)}>{localTime(time)}</time>;
}

export function Status({ status }: { status: string | undefined }) {
  return <StatusIndicator type={moodOf(status)}>{status ?? '-'}</StatusIndicator>;
}

export function S3Link({ uri }: { uri: string | undefined }) {
  const place = uri ? readUri(uri) : undefined;
  if (!place) return <Plain text={uri} />;
  const folder = place.key.slice(0, place.key.lastIndexOf('/') + 1);
  const query = new URLSearchParams(place.key === folder ? { prefix: folder } : { prefix: folder, key: place.key });
  return (
    <Link to={`/s3/${encodeURIComponent(place.bucket)}?${query}`}>
      <Plain text={uri} />
    </Link>
  );
}

export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  const known = error instanceof ApiError ? error : undefined;
  return (
    <Alert type="error" header={known ? known.code : 'Something went wrong'}>
      <Plain text={error instanceof Error ? error.message : String(error)} />
      {known?.requestId ? <Box color="text-body-secondary" fontSize="body-s">Request {known.requestId}</Box> : null}
    </Alert>
  );
}

// What a list shows that holds nothing: how to fill it.
export function Empty({ what, code }: { what: string; code?: string }) {
  return (
    <Box textAlign="center" padding="m">
      <SpaceBetween size="s">
        <Box variant="strong">No {what}</Box>
        {code ? (
          <Box textAlign="left" display="inline-block">
            <pre className="code">{code}</pre>
          </Box>
        ) : null}
      </SpaceBetween>
    </Box>
  );
}

// A button that asks first, does it, says how it went and has everything on the page looked up again.
export function Act(props: { label: string; question: string; done: string; act: () => Promise<unknown>; disabled?: boolean; after?: () => void }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const client = useQueryClient();
  const tell = useTell();
  const run = async () => {
    setBusy(true);
    try {
      await props.act();
      tell('success', props.done);
      props.after?.();
    } catch (error) {
      tell('error', error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    setAsking(false);
    await client.invalidateQueries();
  };
  return (
    <>
      <Button disabled={props.disabled} onClick={() => setAsking(true)}>
        {props.label}
      </Button>
      {asking ? (
        <Modal
          visible
          header={props.label}
          closeAriaLabel="Close"
          onDismiss={() => setAsking(false)}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => setAsking(false)}>
                  Cancel
                </Button>
                <Button variant="primary" loading={busy} onClick={() => void run()}>
                  {props.label}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <Plain text={props.question} />
        </Modal>
      ) : null}
    </>
  );
}
