// Who is signed in: credentials that expire, in this tab's session storage alone. A tab that is opened beside it asks the others over a
// BroadcastChannel, which other sites and other browsers cannot hear; log-out reaches them all.
import type { Session } from './credentials';
import { isCurrent, readSession } from './credentials';

type Message = { kind: 'ask' } | { kind: 'session'; session: Session } | { kind: 'signed-out' };

const key = 'clary-session';
const answerTime = 400; // how long a new tab waits for an older one

class Sessions {
  private current: Session | undefined;
  private listeners = new Set<() => void>();
  private channel = new BroadcastChannel('clary-console');

  constructor() {
    this.current = readSession(sessionStorage.getItem(key));
    this.channel.addEventListener('message', (event: MessageEvent<Message>) => this.hear(event.data));
  }

  get = (): Session | undefined => this.current;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  keep(session: Session): void {
    this.current = session;
    sessionStorage.setItem(key, JSON.stringify(session));
    this.tell({ kind: 'session', session });
    this.changed();
  }

  signOut(): void {
    this.tell({ kind: 'signed-out' });
    this.forget();
  }

  // Another tab's session, where one answers in time.
  ask(): Promise<boolean> {
    this.tell({ kind: 'ask' });
    return new Promise((resolve) => {
      const finish = () => {
        stop();
        resolve(this.current !== undefined);
      };
      const stop = this.subscribe(finish);
      setTimeout(finish, answerTime);
    });
  }

  private hear(message: Message): void {
    if (message.kind === 'ask' && this.current) this.tell({ kind: 'session', session: this.current });
    if (message.kind === 'signed-out') this.forget();
    if (message.kind === 'session' && !this.current && isCurrent(message.session)) {
      this.current = message.session;
      sessionStorage.setItem(key, JSON.stringify(message.session));
      this.changed();
    }
  }

  private forget(): void {
    this.current = undefined;
    sessionStorage.removeItem(key);
    this.changed();
  }

  private tell(message: Message): void {
    this.channel.postMessage(message);
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener());
  }
}

export const sessions = new Sessions();
