// What stays the same object although each rendering makes it anew, for those that act when it changes.
import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';

// While it says the same.
export function useSame<Value>(value: Value): Value {
  const text = JSON.stringify(value);
  return useMemo(() => value, [text]);
}

// A function for events: it does what that of the last rendering does.
export function useStable<Words extends unknown[]>(act: (...words: Words) => void): (...words: Words) => void {
  const newest = useRef(act);
  useLayoutEffect(() => {
    newest.current = act;
  });
  return useCallback((...words: Words) => newest.current(...words), []);
}
