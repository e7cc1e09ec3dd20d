// Nothing is shown to who is not signed in but the ways to sign in.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { isCurrent, tokenOf } from '../credentials';
import { sessions } from '../session';
import { signInByKeys, signInByLink } from '../sign_in';

// The link's token leaves the address at once: it is not to stand in the history.
function takeToken(): string | undefined {
  const token = tokenOf(location.hash);
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

export function Gate({ children }: { children: ReactNode }) {
  const session = useSyncExternalStore(sessions.subscribe, sessions.get);
  const client = useQueryClient();
  const [waiting, setWaiting] = useState(true);
  const [problem, setProblem] = useState('');
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return; // a token works once, and React's strict mode runs effects twice
    started.current = true;
    const enter = async () => {
      const token = takeToken();
      try {
        if (token) sessions.keep(await signInByLink(token));
        else if (!sessions.get()) await sessions.ask();
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
      setWaiting(false);
    };
    void enter();
  }, []);
  useEffect(() => {
    if (!session) client.clear();
    const timer = setInterval(() => {
      const now = sessions.get();
      if (now && !isCurrent(now)) sessions.signOut();
    }, 10_000);
    return () => clearInterval(timer);
  }, [session, client]);
  if (waiting && !session) return null;
  return session ? <>{children}</> : <SignIn problem={problem} />;
}

function SignIn({ problem }: { problem: string }) {
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecretAccessKey] = useState('');
  const [sessionToken, setSessionToken] = useState('');
  const [region, setRegion] = useState('us-east-1');
  const [said, setSaid] = useState(problem);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in | Clary';
  }, []);
  const enter = async () => {
    setBusy(true);
    setSaid('');
    try {
      sessions.keep(await signInByKeys({ accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim(), sessionToken: sessionToken.trim() || undefined, region: region.trim() }));
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <main className="narrow">
      <SpaceBetween size="l">
        <Header variant="h1">Clary</Header>
        {said ? <Alert type="error">{said}</Alert> : null}
        <Container header={<Header variant="h2">Sign in by a link</Header>}>
          <Box>
            On the server, this prints a link that works once within ten minutes: <Box variant="code">clary console</Box>
          </Box>
        </Container>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter();
          }}
        >
          <Container header={<Header variant="h2">Sign in with a key pair</Header>} footer={<Button variant="primary" loading={busy}>Sign in</Button>}>
            <SpaceBetween size="m">
              <FormField label="Access key ID">
                <Input value={accessKeyId} autoComplete={false} spellcheck={false} onChange={(event) => setAccessKeyId(event.detail.value)} />
              </FormField>
              <FormField label="Secret access key">
                <Input value={secretAccessKey} type="password" autoComplete={false} onChange={(event) => setSecretAccessKey(event.detail.value)} />
              </FormField>
              <ExpandableSection headerText="Session token and region">
                <SpaceBetween size="m">
                  <FormField label="Session token" description="Of temporary credentials">
                    <Input value={sessionToken} type="password" autoComplete={false} onChange={(event) => setSessionToken(event.detail.value)} />
                  </FormField>
                  <FormField label="Region">
                    <Input value={region} autoComplete={false} spellcheck={false} onChange={(event) => setRegion(event.detail.value)} />
                  </FormField>
                </SpaceBetween>
              </ExpandableSection>
              <Box color="text-body-secondary" fontSize="body-s">
                The pair is exchanged for credentials that expire after twelve hours, and forgotten.
              </Box>
            </SpaceBetween>
          </Container>
        </form>
      </SpaceBetween>
    </main>
  );
}
