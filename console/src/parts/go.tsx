// The way to another page. Unlike the router's own it stays the same when the address changes: what has it, as every link of a table, is not rendered
// again when the table is sorted.
import type { ReactNode } from 'react';
import { createContext, useContext } from 'react';
import { useNavigate } from 'react-router-dom';
import { useStable } from './same';

type Go = (path: string) => void;

const GoContext = createContext<Go>(() => undefined);

export function GoProvider({ children }: { children: ReactNode }) {
  const navigate = useNavigate();
  const go = useStable((path: string) => void navigate(path));
  return <GoContext.Provider value={go}>{children}</GoContext.Provider>;
}

export const useGo = (): Go => useContext(GoContext);
