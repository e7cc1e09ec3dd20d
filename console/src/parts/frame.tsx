// What a page tells the frame around it: its title, where it stands, what went well or wrong.
import type { FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';

export interface Crumb {
  text: string;
  href: string;
}

// Only ways to tell: what was told is the frame's, so that pages are not rendered again by it.
interface Frame {
  setCrumbs: (crumbs: Crumb[]) => void;
  tell: (type: 'success' | 'error', content: string) => void;
}

export const FrameContext = createContext<Frame | undefined>(undefined);

export function useFrameState(): { crumbs: Crumb[]; messages: FlashbarProps.MessageDefinition[]; frame: Frame } {
  const [crumbs, setCrumbs] = useState<Crumb[]>([]);
  const [messages, setMessages] = useState<FlashbarProps.MessageDefinition[]>([]);
  const tell = useCallback((type: 'success' | 'error', content: string) => {
    const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
    const dismiss = () => setMessages((old) => old.filter((message) => message.id !== id));
    setMessages((old) => [...old.slice(-4), { id, type, content, dismissible: true, dismissLabel: 'Dismiss', onDismiss: dismiss }]);
  }, []);
  const frame = useMemo(() => ({ setCrumbs, tell }), [tell]);
  return { crumbs, messages, frame };
}

function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (!frame) throw new Error('outside of the frame');
  return frame;
}

// The page's place: from the home page down to itself, which is last.
export function usePlace(...crumbs: Crumb[]): void {
  const { setCrumbs } = useFrame();
  const text = JSON.stringify(crumbs);
  useEffect(() => {
    const read = JSON.parse(text) as Crumb[];
    setCrumbs([{ text: 'Clary', href: '/' }, ...read]);
    document.title = `${read.at(-1)?.text ?? 'Home'} | Clary`;
  }, [text, setCrumbs]);
}

export function useTell(): Frame['tell'] {
  return useFrame().tell;
}
