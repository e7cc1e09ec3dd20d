// A form in a dialog: the button that opens it, what is wrong in the server's words, cancel and go.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Problem } from './basics';

interface ButtonProps {
  label: string;
  primary?: boolean;
  disabled?: boolean;
  children: (close: () => void) => ReactNode;
}

// The form is made when it is opened: each time it begins anew.
export function FormButton({ label, primary, disabled, children }: ButtonProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant={primary ? 'primary' : 'normal'} disabled={disabled} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {open ? children(() => setOpen(false)) : null}
    </>
  );
}

interface Props {
  label: string;
  go: string;
  ready?: boolean; // false: it cannot go yet
  close: () => void;
  submit: () => Promise<void>; // closes or leads away by itself where it goes well
  children: ReactNode;
}

export function FormModal({ label, go, ready = true, close, submit, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await submit();
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <Modal
      visible
      header={label}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!ready} loading={busy} onClick={() => void run()}>
              {go}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Problem error={problem} />
        {children}
      </SpaceBetween>
    </Modal>
  );
}
